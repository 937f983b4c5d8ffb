// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables whose columns are as wide as their widest cell. */
#include <stdlib.h>
#include <string.h>
#include "ctl.h"

#define BOLD	"\033[1m"
#define RED	"\033[31m"
#define GREEN	"\033[32m"
#define YELLOW	"\033[33m"
#define RESET	"\033[0m"

void table_init(struct table *t, const char *const *head, unsigned int columns)
{
	*t = (struct table) { .head = head, .columns = columns };
}

/* One cell; a row is as many of them as there are columns. */
void table_add(struct table *t, const char *fmt, ...)
{
	char *cell = NULL;
	va_list ap;

	if (t->n == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		char **cells = reallocarray(t->cells, room, sizeof(*cells));

		if (!cells) {
			t->failed = true;
			return;
		}
		t->cells = cells;
		t->room = room;
	}
	va_start(ap, fmt);
	if (vasprintf(&cell, fmt, ap) < 0)
		t->failed = true;
	else
		t->cells[t->n++] = cell;
	va_end(ap);
}

/* Characters, not octets: cells are clean UTF-8. */
static unsigned int width(const char *s)
{
	unsigned int n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

const char *state_color(const struct ctl *ctl, const char *state)
{
	if (!ctl->color)
		return "";
	if (strcmp(state, "open") == 0 || strcmp(state, "reverify") == 0)
		return GREEN;
	return strcmp(state, "rejected") == 0 ? RED : YELLOW;
}

const char *color_reset(const struct ctl *ctl)
{
	return ctl->color ? RESET : "";
}

static void print_cell(const struct ctl *ctl, const struct table *t, unsigned int column,
		       const char *cell, unsigned int room, bool head)
{
	bool last = column + 1 == t->columns;
	const char *on = "";

	if (head)
		on = ctl->color ? BOLD : "";
	else if (strcmp(t->head[column], "STATE") == 0)
		on = state_color(ctl, cell);
	printf("%s%s%s", on, cell, *on ? RESET : "");
	if (last)
		putchar('\n');
	else
		printf("%*s", (int)(room - width(cell) + 2), "");
}

static void print_cells(const struct table *t, const struct ctl *ctl, const unsigned int *widths)
{
	unsigned int column = 0;

	for (size_t i = 0; i < t->n; i++) {
		print_cell(ctl, t, column, t->cells[i], widths[column], false);
		column = column + 1 < t->columns ? column + 1 : 0;
	}
}

static void measure(const struct table *t, unsigned int *widths)
{
	unsigned int column = 0;

	for (unsigned int i = 0; i < t->columns; i++)
		widths[i] = width(t->head[i]);
	for (size_t i = 0; i < t->n; i++) {
		if (width(t->cells[i]) > widths[column])
			widths[column] = width(t->cells[i]);
		column = column + 1 < t->columns ? column + 1 : 0;
	}
}

int table_print(struct table *t, const struct ctl *ctl)
{
	unsigned int widths[TABLE_COLUMNS] = { 0 };

	measure(t, widths);
	for (unsigned int i = 0; t->n && i < t->columns; i++)
		print_cell(ctl, t, i, t->head[i], widths[i], true);
	print_cells(t, ctl, widths);
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i]);
	free(t->cells);
	if (t->failed)
		complain("output", "out of memory", "free some and try again");
	return t->failed ? EXIT_FAILED : EXIT_OPEN;
}
