/* page_axis.c - round ticks, and which points of many are drawn. */
#include <math.h>

#include "page/page_plot.h"

/* 1, 2 or 5 times a power of ten: the least that is not below. */
static double round_step(double step)
{
	double power = pow(10, floor(log10(step))), rest = step / power;

	if (rest <= 1.0000001)
		return power;
	return rest <= 2 ? 2 * power : rest <= 5 ? 5 * power : 10 * power;
}

static struct page_axis linear(double least, double most)
{
	struct page_axis axis = {.is_log = false};
	double step = round_step((most - least) / 5);

	axis.least = floor(least / step + 1e-9) * step;
	axis.most = ceil(most / step - 1e-9) * step;
	for (double at = axis.least; at <= axis.most + step / 2 && axis.tick_count < PAGE_TICKS; at += step)
		axis.ticks[axis.tick_count++] = at;
	return axis;
}

/* Whole decades where there are several; else thirds of them. */
static struct page_axis logarithmic(double least, double most)
{
	static const double parts[] = {1, 2, 5};
	struct page_axis axis = {.is_log = true};
	double first = floor(log10(least) + 1e-9), last = ceil(log10(most) - 1e-9);
	int each = last - first > 3 ? 1 : 3, every = (int)ceil((last - first + 1) / PAGE_TICKS);

	for (double power = first; power <= last; power += every) {
		for (int i = 0; i < each && axis.tick_count < PAGE_TICKS; i++) {
			double tick = parts[i] * pow(10, power);

			if (each == 1 || (tick <= most * 2.5 && tick >= least / 2.5))
				axis.ticks[axis.tick_count++] = tick;
		}
	}
	axis.least = axis.ticks[0] < least ? axis.ticks[0] : least;
	axis.most = axis.ticks[axis.tick_count - 1] > most ? axis.ticks[axis.tick_count - 1] : most;
	return axis;
}

/* Beyond that nothing is measured, whatever a file says. */
static double within_reason(double value)
{
	const double reason = 1e18;

	return fmin(fmax(value, -reason), reason);
}

struct page_axis page_axis_for(double least, double most, bool is_log)
{
	least = within_reason(least);
	most = within_reason(most);
	if (!(most > least))
		most = least > 0 ? least * 2 : least + 1;
	return is_log && least > 0 ? logarithmic(least, most) : linear(least, most);
}

double page_axis_place(const struct page_axis *axis, double value)
{
	double place = axis->is_log ? log(value / axis->least) / log(axis->most / axis->least)
				    : (value - axis->least) / (axis->most - axis->least);

	return place < 0 ? 0 : place > 1 ? 1 : place;
}

/* Of points [from, end) those with the least and the greatest value, in their order. */
static size_t keep_ends(struct page_line *line, size_t from, size_t end, size_t to)
{
	size_t low = from, high = from, first, second;

	for (size_t i = from; i < end; i++) {
		low = !(line->ys[i] >= line->ys[low]) ? i : low;
		high = !(line->ys[i] <= line->ys[high]) ? i : high;
	}
	first = low < high ? low : high;
	second = low < high ? high : low;
	line->xs[to] = line->xs[first];
	line->ys[to++] = line->ys[first];
	if (second != first) {
		line->xs[to] = line->xs[second];
		line->ys[to++] = line->ys[second];
	}
	return to;
}

size_t page_line_thin(struct page_line *line, size_t most)
{
	size_t stretches = most / 2, kept = 0;

	if (line->count <= most)
		return line->count;
	for (size_t i = 0; i < stretches; i++)
		kept = keep_ends(line, line->count * i / stretches, line->count * (i + 1) / stretches, kept);
	line->count = kept;
	return kept;
}
