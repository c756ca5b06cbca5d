/* config_tree.c - libfyaml's events, gathered into a tree. Depth is bounded here, size by the text. */
#include "config/config_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libfyaml.h>

struct builder {
	const struct config_text *text;
	struct config_faults *faults;
	struct config_node *open[CONFIG_MAX_DEPTH]; /* lists and maps that have not ended */
	struct config_node *last[CONFIG_MAX_DEPTH]; /* their last item or key */
	int counts[CONFIG_MAX_DEPTH];               /* of those */
	int depth;
	struct config_node *root;
	struct config_mark seen; /* the last place that had a text: what is empty has none */
	int documents;
};

/* Marks one line at most, which the end may not be on. */
static struct config_mark mark_of(const struct builder *builder, const struct fy_mark *begin, const struct fy_mark *end)
{
	const struct config_text *text = builder->text;
	struct config_mark mark;
	const char *line_end;

	if (!begin || begin->input_pos > text->length)
		return builder->seen;
	mark = (struct config_mark){begin->input_pos, 1};
	if (end && end->input_pos > begin->input_pos && end->input_pos <= text->length)
		mark.length = end->input_pos - begin->input_pos;
	line_end = memchr(text->bytes + mark.offset, '\n', mark.length);
	if (line_end)
		mark.length = (size_t)(line_end - text->bytes) - mark.offset;
	return mark;
}

static bool wants_value(const struct builder *builder)
{
	const struct config_node *key = builder->depth > 0 ? builder->last[builder->depth - 1] : NULL;

	return key && builder->open[builder->depth - 1]->shape == CONFIG_MAP && !key->value;
}

/* Puts a node where it belongs: it is the root, an item, a key or the value of one. */
static void place(struct builder *builder, struct config_node *node)
{
	struct config_node *parent, **last;

	if (builder->depth == 0) {
		builder->root = node;
		return;
	}
	parent = builder->open[builder->depth - 1];
	last = &builder->last[builder->depth - 1];
	if (wants_value(builder)) {
		(*last)->value = node;
		return;
	}
	if (*last)
		(*last)->next = node;
	else
		parent->child = node;
	*last = node;
}

static int begin_container(struct builder *builder, struct config_node *node)
{
	if (builder->depth == CONFIG_MAX_DEPTH) {
		config_faults_add(builder->faults, node->mark,
				  "lists and maps in each other, more than %d deep\nNo configuration is so deep",
				  CONFIG_MAX_DEPTH);
		return -EINVAL;
	}
	builder->open[builder->depth] = node;
	builder->counts[builder->depth] = 0;
	builder->last[builder->depth++] = NULL;
	return 0;
}

/* Anchors, aliases and tags would make a file say something else than stands there. */
static void refuse_ornaments(struct builder *builder, struct fy_event *event, struct config_node *node)
{
	struct fy_token *anchor = fy_event_get_anchor_token(event), *tag = fy_event_get_tag_token(event);

	if (event->type == FYET_ALIAS)
		config_faults_add(builder->faults, node->mark, "an alias\nWrite out what it stands for");
	else if (anchor)
		config_faults_add(builder->faults,
				  mark_of(builder, fy_token_start_mark(anchor), fy_token_end_mark(anchor)),
				  "an anchor\nLeave it out, and write out what should be the same");
	if (tag)
		config_faults_add(builder->faults, mark_of(builder, fy_token_start_mark(tag), fy_token_end_mark(tag)),
				  "a tag\nLeave it out: each key knows what its value is");
	node->is_refused = event->type == FYET_ALIAS;
}

static int add_node(struct builder *builder, struct fy_event *event, enum config_shape shape)
{
	struct config_node *node = calloc(1, sizeof(*node));
	bool is_key =
		builder->depth > 0 && builder->open[builder->depth - 1]->shape == CONFIG_MAP && !wants_value(builder);
	size_t length = 0;
	const char *text = event->type == FYET_SCALAR ? fy_token_get_text(event->scalar.value, &length) : "";

	if (!node)
		return -ENOMEM;
	node->shape = shape;
	node->mark = mark_of(builder, fy_event_start_mark(event), fy_event_end_mark(event));
	builder->seen = node->mark;
	place(builder, node);
	refuse_ornaments(builder, event, node);
	if (is_key && ++builder->counts[builder->depth - 1] > CONFIG_MAX_MAP) {
		config_faults_add(builder->faults, node->mark, "more than %d keys in one map\nNo section has so many",
				  CONFIG_MAX_MAP);
		return -EINVAL;
	}
	if (is_key && (shape != CONFIG_TEXT || node->is_refused)) {
		config_faults_add(builder->faults, node->mark, "a key that is no plain text\nWrite KEY: VALUE");
		return -EINVAL;
	}
	if (shape != CONFIG_TEXT)
		return begin_container(builder, node);
	node->text = malloc(length + 1);
	if (!node->text)
		return -ENOMEM;
	if (text)
		memcpy(node->text, text, length);
	node->text[length] = '\0';
	if (strlen(node->text) == length)
		return 0;
	config_faults_add(builder->faults, node->mark, "a zero byte in a value\nLeave it out");
	node->is_refused = true;
	return 0;
}

static int take_event(struct builder *builder, struct fy_event *event)
{
	switch (event->type) {
	case FYET_DOCUMENT_START:
		if (builder->documents++ == 0)
			return 0;
		config_faults_add(builder->faults,
				  mark_of(builder, fy_event_start_mark(event), fy_event_end_mark(event)),
				  "a second document\nA file is one run: put it into a file of its own");
		return -EINVAL;
	case FYET_MAPPING_START:
		return add_node(builder, event, CONFIG_MAP);
	case FYET_SEQUENCE_START:
		return add_node(builder, event, CONFIG_LIST);
	case FYET_SCALAR:
	case FYET_ALIAS:
		return add_node(builder, event, CONFIG_TEXT);
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		builder->depth--;
		return 0;
	case FYET_NONE:
	case FYET_STREAM_START:
	case FYET_STREAM_END:
	case FYET_DOCUMENT_END:
		break;
	}
	return 0;
}

/* What libfyaml says of a syntax that is none; nothing but the first is told by it. */
static void add_syntax_fault(struct builder *builder, struct fy_diag *diag)
{
	void *iterator = NULL;
	struct fy_diag_error *error = fy_diag_errors_iterate(diag, &iterator);

	if (!error)
		config_faults_add(builder->faults, builder->seen, "no YAML behind here");
	else
		config_faults_add(builder->faults,
				  config_text_at(builder->text, error->line > 0 ? (size_t)error->line : 1,
						 error->column > 0 ? (size_t)error->column : 1),
				  "no YAML: %s\nCorrect this first: what follows was not read", error->msg);
}

static int build(struct builder *builder, struct fy_parser *parser, struct fy_diag *diag)
{
	struct fy_event *event;
	int rc = 0;

	if (fy_parser_set_string(parser, builder->text->bytes, builder->text->length) != 0)
		return -ENOMEM;
	while (rc == 0 && (event = fy_parser_parse(parser)) != NULL) {
		rc = take_event(builder, event);
		fy_parser_event_free(parser, event);
	}
	if (rc != 0 || !fy_parser_get_stream_error(parser))
		return rc;
	add_syntax_fault(builder, diag);
	return -EINVAL;
}

int config_tree_read(struct config_node **root, const struct config_text *text, struct config_faults *faults)
{
	struct builder builder = {.text = text, .faults = faults};
	struct fy_parse_cfg settings = {.flags = FYPCF_QUIET | FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2};
	struct fy_diag_cfg to_nobody;
	struct fy_diag *diag;
	struct fy_parser *parser;
	int rc = -ENOMEM;

	*root = NULL;
	fy_diag_cfg_default(&to_nobody);
	to_nobody.fp = NULL;
	diag = fy_diag_create(&to_nobody);
	if (!diag)
		return -ENOMEM;
	fy_diag_set_collect_errors(diag, true);
	settings.diag = diag;
	parser = fy_parser_create(&settings);
	if (parser) {
		rc = build(&builder, parser, diag);
		fy_parser_destroy(parser);
	}
	fy_diag_destroy(diag);
	*root = builder.root;
	return rc;
}

/* As deep as the tree is, which is bounded. */
void config_tree_free(struct config_node *root)
{
	while (root) {
		struct config_node *next = root->next;

		config_tree_free(root->child);
		config_tree_free(root->value);
		free(root->text);
		free(root);
		root = next;
	}
}

struct config_node *config_tree_find(const struct config_node *map, const char *key)
{
	for (struct config_node *at = map->child; at; at = at->next) {
		if (map->shape == CONFIG_MAP && strcmp(at->text, key) == 0)
			return at->value;
	}
	return NULL;
}
