#include "report/render/table.h"

#include <string.h>

#include "core/text.h"

#define CELL_BYTES 4096 /* of a string that is shown in one line */

void put_spaces(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_putc(out, ' ');
}

/* The longest part of s that takes at most width columns, in bytes. *shown: columns it takes. */
static size_t cut_columns(const char *s, size_t n, size_t width, size_t *shown)
{
	size_t i = 0;
	*shown = 0;
	while (i < n) {
		size_t len = utf8_sequence(s + i, n - i);
		len = len ? len : 1;
		size_t columns = text_width(s + i, len);
		if (*shown + columns > width)
			break;
		*shown += columns;
		i += len;
	}
	return i;
}

/* What a locale without UTF-8 cannot show. */
static void to_ascii(struct buf *b)
{
	size_t k = 0;
	for (size_t i = 0; i < b->len; i++) {
		unsigned char c = (unsigned char)b->data[i];
		if (c < 0x80)
			b->data[k++] = b->data[i];
		else if ((c & 0xc0) != 0x80)
			b->data[k++] = '?';
	}
	b->len = k;
}

size_t put_text_cell(struct buf *out, const struct text_style *style, const char *s, size_t width,
		     bool pad)
{
	struct buf clean;
	size_t shown, n, length = strlen(s);
	buf_init(&clean, (size_t)64 * CELL_BYTES);
	text_terminal(&clean, s, length < CELL_BYTES ? length : CELL_BYTES);
	if (!style->utf8)
		to_ascii(&clean);
	n = cut_columns(clean.data, clean.len, width, &shown);
	if (n < clean.len && width > 0) {
		n = cut_columns(clean.data, clean.len, width - 1, &shown);
		buf_put(out, clean.data, n);
		buf_puts(out, style->utf8 ? "\xe2\x80\xa6" : "~");
		shown++;
	} else if (n > 0) {
		buf_put(out, clean.data, n);
	}
	if (pad)
		put_spaces(out, width - shown);
	buf_free(&clean);
	return shown;
}

/* Returns its length. */
static size_t group_digits(uint64_t v, char text[32])
{
	char digits[24];
	size_t n = 0, k = 0;
	do
		digits[n++] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	while (n > 0) {
		text[k++] = digits[--n];
		if (n > 0 && n % 3 == 0)
			text[k++] = ',';
	}
	return k;
}

size_t count_width(uint64_t v)
{
	char text[32];
	return group_digits(v, text);
}

void put_count(struct buf *out, uint64_t v)
{
	char text[32];
	buf_put(out, text, group_digits(v, text));
}

void put_count_cell(struct buf *out, uint64_t v, size_t width)
{
	size_t n = count_width(v);
	put_spaces(out, n < width ? width - n : 0);
	put_count(out, v);
}

void put_percent_cell(struct buf *out, uint64_t part, uint64_t whole, size_t width, int decimals)
{
	double least = decimals > 0 ? 0.1 : 1, v = 0;
	if (whole == 0) {
		buf_printf(out, "%*s", (int)width, "-");
		return;
	}
	v = 100.0 * (double)part / (double)whole;
	if (part >= whole) {
		buf_printf(out, "%*s", (int)width, "100%");
		return;
	}
	if (v > 100 - least)
		v = 100 - least;
	if (part > 0 && v < least)
		v = least;
	buf_printf(out, "%*.*f%%", (int)width - 1, decimals, v);
}

void put_line_end(struct buf *out)
{
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	buf_putc(out, '\n');
}

/* How much of a word fits a line: all, or as many characters as do. */
static size_t cut_word(const char *p, size_t n, size_t most, size_t *columns)
{
	size_t k = cut_columns(p, n, most, columns);
	if (k == 0) /* not even one character */
		k = utf8_sequence(p, n) ? utf8_sequence(p, n) : 1;
	return k;
}

size_t put_wrapped(struct buf *out, const char *text, size_t column, size_t indent, size_t width)
{
	bool first = true; /* of a line: no blank before it */
	for (const char *p = text + strspn(text, " "); *p;) {
		size_t n = strcspn(p, " "), columns, k = cut_word(p, n, width - indent, &columns);
		size_t blank = !first || column > indent;
		if (column + blank + columns > width && column > indent) {
			put_line_end(out);
			put_spaces(out, indent);
			column = indent;
		} else if (blank) {
			buf_putc(out, ' ');
			column++;
		}
		buf_put(out, p, k);
		column += columns;
		first = false;
		p += k;
		if (k < n) { /* the rest of it goes to the next line */
			put_line_end(out);
			put_spaces(out, indent);
			column = indent;
			first = true;
		} else {
			p += strspn(p, " ");
		}
	}
	return column;
}

size_t line_width(const struct text_style *style)
{
	return style->width < 80 ? 80 : style->width > 200 ? 200 : style->width;
}

void put_clean_wrapped(struct buf *out, const struct text_style *style, const char *text,
		       size_t column, size_t indent)
{
	struct buf clean;
	buf_init(&clean, 256 * 1024);
	text_terminal(&clean, text, strlen(text));
	if (!style->utf8)
		to_ascii(&clean);
	buf_putc(&clean, '\0');
	put_wrapped(out, clean.data, column, indent, line_width(style));
	buf_free(&clean);
}

void put_name_cell(struct buf *out, const struct text_style *style, const char *name, size_t indent,
		   size_t width)
{
	struct buf clean;
	size_t shown, most = line_width(style) - indent;
	buf_init(&clean, (size_t)64 * CELL_BYTES);
	text_terminal(&clean, name, strnlen(name, CELL_BYTES));
	if (!style->utf8)
		to_ascii(&clean);
	const char *p = clean.data ? clean.data : "";
	size_t left = clean.len, n = cut_columns(p, left, most, &shown);
	while (n < left && n > 0) { /* longer than a line */
		buf_put(out, p, n);
		put_line_end(out);
		put_spaces(out, indent);
		p += n;
		left -= n;
		n = cut_columns(p, left, most, &shown);
	}
	buf_put(out, p, n);
	if (shown > width) {
		put_line_end(out);
		put_spaces(out, indent);
		shown = 0;
	}
	put_spaces(out, width - shown);
	buf_free(&clean);
}
