/* complete_command.c - the functions of a shell: what they do is written once, and how they offer it for each shell. */
#include "complete/complete.h"

#include <string.h>

#include "cli/cli_exit.h"
#include "cli/cli_flags.h"
#include "cli/cli_help.h"
#include "cli/cli_output.h"

/* Commands whose flags are in the table; those of run and check depend on the kind that a file says. */
static const char *const tabled[] = {"bench", "serve", "load", "forward", "trace", "doctor"};

/* Commands with words of their own; `has_files` where they take files. */
static const struct {
	const char *name;
	const char *words;
	bool has_files;
} others[] = {
	{"ctl",
	 "stats conns top rate stop reload pause resume --state --local --remote --limit --by --every --now --pid "
	 "--json",
	 false},
	{"compare", "--json --html", true},
	{"report", "--html --junit --csv --json", true},
	{"merge", "--json --html --junit --csv", true},
	{"init", "bench load serve forward", false},
	{"completion", "bash zsh", false},
};

/* Flags whose value is completed though the table has no closed list of words for it. */
static const char files_of_others[] = "--html|--junit|--csv";
static const char states[] = "SYN-SENT SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT CLOSING LAST-ACK "
			     "TIME-WAIT";

static const char bash_helpers[] =
	"# Completion of quern for bash, printed by: quern completion bash\n"
	"_quern_words() { COMPREPLY+=($(compgen -W \"$*\" -- \"$_quern_word\")); }\n"
	"_quern_files() { COMPREPLY+=($(compgen -f -- \"$_quern_word\")); }\n"
	"_quern_text() { case $_quern_word in @*) COMPREPLY+=($(compgen -P @ -f -- \"${_quern_word#@}\"));; esac; }\n"
	"_quern_devices() {\n"
	"\tlocal path name\n"
	"\t_quern_words cable tap: memif: pcap:\n"
	"\tfor path in /sys/class/net/*; do\n"
	"\t\tname=${path##*/}\n"
	"\t\t[ \"$name\" = lo ] || _quern_words \"af_packet:$name\" \"af_xdp:$name\"\n"
	"\tdone\n"
	"}\n";

/* A word of the command line may have been cut at ':' and '=', as bash does, so the line itself is read. */
static const char bash_end[] =
	"_quern() {\n"
	"\tlocal line=${COMP_LINE:0:COMP_POINT} before cut=0 i\n"
	"\t_quern_word=${line##*[[:space:]]}\n"
	"\tline=${line%\"$_quern_word\"}\n"
	"\tread -r -a before <<<\"$line\"\n"
	"\tCOMPREPLY=()\n"
	"\tcase $_quern_word in\n"
	"\t--*=*)\n"
	"\t\tbefore+=(\"${_quern_word%%=*}\")\n"
	"\t\t_quern_word=${_quern_word#*=};;\n"
	"\tesac\n"
	"\t_quern_choose \"${#before[@]}\" \"${before[1]}\" \"${before[${#before[@]} - 1]}\"\n"
	"\tcase $COMP_WORDBREAKS in\n"
	"\t*:*) case $_quern_word in *:*) cut=${_quern_word%\"${_quern_word##*:}\"}; cut=${#cut};; esac;;\n"
	"\tesac\n"
	"\tfor ((i = 0; i < ${#COMPREPLY[@]}; i++)); do COMPREPLY[i]=${COMPREPLY[i]:cut}; done\n"
	"\tcase ${COMPREPLY[0]} in *:) compopt -o nospace 2>/dev/null;; esac\n"
	"}\n"
	"complete -o filenames -F _quern quern\n";

static const char zsh_helpers[] = "#compdef quern\n"
				  "# Completion of quern for zsh, printed by: quern completion zsh\n"
				  "_quern_words() { compadd -- \"$@\"; }\n"
				  "_quern_text() { compset -P @ && _files; }\n"
				  "_quern_devices() {\n"
				  "\tlocal -a interfaces\n"
				  "\tinterfaces=(/sys/class/net/*(N:t))\n"
				  "\tinterfaces=(${interfaces:#lo})\n"
				  "\tcompadd -- cable af_packet:${^interfaces} af_xdp:${^interfaces}\n"
				  "\tcompadd -S '' -- tap: memif: pcap:\n"
				  "}\n"
				  "_quern_files() { _files; }\n";
static const char zsh_end[] = "_quern() {\n"
			      "\tlocal before=$words[CURRENT-1]\n"
			      "\tif compset -P '--*='; then before=${IPREFIX%=}; fi\n"
			      "\t_quern_choose $((CURRENT - 1)) \"$words[2]\" \"$before\"\n"
			      "}\n"
			      "_quern \"$@\"\n";

/* A flag as it is written, alone or with its letter. */
static void print_names(FILE *out, const struct cli_flag *flag)
{
	if (flag->letter)
		fprintf(out, "\t-%c|--%s)", flag->letter, flag->name);
	else
		fprintf(out, "\t--%s)", flag->name);
}

/* What may stand behind a flag that takes a value. */
static void print_value(FILE *out, const struct cli_flag *flag)
{
	char words[COMPLETE_WORDS_TEXT];

	print_names(out, flag);
	if (strcmp(flag->name, "port") == 0)
		fputs(" _quern_devices; return;;\n", out);
	else if (complete_closed_list(flag->accepts, words))
		fprintf(out, " _quern_words %s; return;;\n", words);
	else if (strncmp(flag->accepts, "a file", 6) == 0 || strncmp(flag->accepts, "a folder", 8) == 0 ||
		 strncmp(flag->accepts, "FILE", 4) == 0)
		fputs(" _quern_files; return;;\n", out);
	else if (strstr(flag->argument, "@FILE"))
		fputs(" _quern_text; return;;\n", out);
	else
		fputs(" return;;\n", out);
}

static void print_flags(FILE *out, const char *name, unsigned int commands)
{
	fprintf(out, "\t%s) _quern_words --help", name);
	for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++) {
		if (flag->commands & commands)
			fprintf(out, " --%s", flag->name);
	}
	fprintf(out, "%s;;\n", commands == CLI_TRACE ? " live; _quern_files" : "");
}

/* Arguments of the function: the number of words before the one that is completed, the command, the word before. */
static void print_choice(FILE *out)
{
	fputs("_quern_choose() {\n\tcase $1 in\n\t1) _quern_words run check", out);
	for (size_t i = 0; i < sizeof(tabled) / sizeof(tabled[0]); i++)
		fprintf(out, " %s", tabled[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		fprintf(out, " %s", others[i].name);
	fputs(" --help --version; return;;\n\tesac\n\tcase $3 in\n", out);
	for (const struct cli_flag *flag = cli_flag_table; flag->name; flag++) {
		if (flag->argument)
			print_value(out, flag);
	}
	fprintf(out, "\t%s) _quern_files; return;;\n\t--state) _quern_words %s; return;;\n", files_of_others, states);
	fputs("\t--by) _quern_words rate bytes; return;;\n\t--local|--remote|--limit|--every|--pid) "
	      "return;;\n\tesac\n\tcase $2 in\n",
	      out);
	for (size_t i = 0; i < sizeof(tabled) / sizeof(tabled[0]); i++)
		print_flags(out, tabled[i], cli_command_from_name(tabled[i]));
	print_flags(out, "run|check", CLI_ALL | CLI_FORWARD);
	fputs("\tesac\n\tcase $2 in\n\trun|check) _quern_files;;\n", out);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		fprintf(out, "\t%s) _quern_words --help %s%s;;\n", others[i].name, others[i].words,
			others[i].has_files ? "; _quern_files" : "");
	fputs("\tesac\n}\n", out);
}

bool complete_print(FILE *out, const char *shell)
{
	bool is_bash = strcmp(shell, "bash") == 0;

	if (!is_bash && strcmp(shell, "zsh") != 0)
		return false;
	fputs(is_bash ? bash_helpers : zsh_helpers, out);
	print_choice(out);
	fputs(is_bash ? bash_end : zsh_end, out);
	return true;
}

int complete_command(int count, char *arguments[])
{
	if (count > 0 && cli_help_is_asked(arguments[0])) {
		fputs("usage: quern completion bash|zsh\n"
		      "Prints what makes the shell complete quern's commands, flags, their words, files and "
		      "interfaces.\n"
		      "example: source <(quern completion bash)\n"
		      "example: quern completion zsh >~/.zfunc/_quern\n",
		      stdout);
		return CLI_EXIT_DONE;
	}
	if (count != 1 || !complete_print(stdout, arguments[0]))
		return cli_fail(CLI_EXIT_USAGE, "quern completion needs a shell: bash or zsh, e.g. source <(quern "
						"completion bash)");
	return cli_finish_output(CLI_EXIT_DONE);
}
