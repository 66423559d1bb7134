/* Where each domain stands, a line each: text, JSON, CSV. */
#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/json.h"
#include "core/judgement.h"
#include "report/render/overview.h"
#include "report/render/table.h"

static const struct verdict_word_of verdicts[] = {{"not_ready", "not ready", "bad"},
						  {"insufficient_data", "too little", "grey"},
						  {"warnings", "warnings", "warn"},
						  {"ready", "ready", "good"}};
#define N_VERDICTS (sizeof verdicts / sizeof *verdicts)

static unsigned rank_of(const char *verdict)
{
	for (unsigned i = 0; i < N_VERDICTS; i++)
		if (strcmp(verdicts[i].verdict, verdict) == 0)
			return i;
	return 1;
}

const struct verdict_word_of *overview_verdict(const char *verdict)
{
	return &verdicts[rank_of(verdict)];
}

static int by_count(uint64_t a, uint64_t b)
{
	return a > b ? -1 : a < b;
}

static int worst_first(const void *x, const void *y)
{
	const struct overview_row *a = x, *b = y;
	int order = (int)rank_of(a->verdict) - (int)rank_of(b->verdict);
	if (order == 0)
		order = by_count(a->events_open, b->events_open);
	if (order == 0)
		order = by_count(a->own - a->own_pass, b->own - b->own_pass);
	return order ? order : strcmp(a->domain, b->domain);
}

void overview_sort(struct overview_row *rows, size_t n)
{
	qsort(rows, n, sizeof *rows, worst_first);
}

static double share_of(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

bool overview_change(const struct overview_row *r, double *points)
{
	if (r->own == 0 || r->own_before == 0)
		return false;
	*points = share_of(r->own_pass, r->own) - share_of(r->own_pass_before, r->own_before);
	return true;
}

static const char *day_or(int32_t day, char text[DAY_STRLEN], const char *none)
{
	return day == NO_DAY ? none : day_format(day, text);
}

/* ---- text ---- */

#define DOMAIN_WIDTH 20
#define WIDE         130

static const char *policy_word(const char *p)
{
	return !p ? "-" : strcmp(p, "quarantine") == 0 ? "quar." : p;
}

static void put_row(const struct overview_row *r, const struct text_style *style, struct buf *out)
{
	char since[DAY_STRLEN], newest[DAY_STRLEN];
	double points;
	put_name_cell(out, style, r->domain, 0, DOMAIN_WIDTH);
	buf_printf(out, " %-10s %-6s %-10s", verdicts[rank_of(r->verdict)].words, policy_word(r->p),
		   day_or(r->policy_since, since, "-"));
	put_count_cell(out, r->own, 9);
	put_percent_cell(out, r->own_pass, r->own, 7, 1);
	if (overview_change(r, &points))
		buf_printf(out, " %+5.1f", points);
	else
		buf_puts(out, "     -");
	put_count_cell(out, r->forged, 8);
	if (line_width(style) >= WIDE) {
		buf_printf(out, " %4u %4u %6llu %-10s ", r->questions, r->todo,
			   (unsigned long long)r->events_open,
			   day_or(r->newest_report, newest, "-"));
		put_text_cell(out, style, r->next_step ? r->next_step : "", line_width(style) - 112,
			      false);
	}
	put_line_end(out);
}

/* What a narrow line has no room for. */
static void put_sums(const struct overview_row *rows, size_t n, struct buf *out)
{
	uint64_t questions = 0, things = 0, events = 0;
	for (size_t i = 0; i < n; i++) {
		questions += rows[i].questions;
		things += rows[i].todo;
		events += rows[i].events_open;
	}
	buf_printf(out,
		   "\n%zu domain%s; to do: %llu, questions among them: %llu; open events: %llu.\n",
		   n, n == 1 ? "" : "s", (unsigned long long)things, (unsigned long long)questions,
		   (unsigned long long)events);
	buf_puts(out, "Own mail of the last seven judged days, against the seven before.\n");
}

void render_overview_text(struct overview_row *rows, size_t n, const struct text_style *style,
			  struct buf *out)
{
	overview_sort(rows, n);
	buf_printf(out, "%-20s %-10s %-6s %-10s%9s%7s%6s%8s", "Domain", "Verdict", "Policy",
		   "Since", "Own mail", "Pass", "+/-", "Spoofed");
	if (line_width(style) >= WIDE)
		buf_puts(out, "  Ask   Do Events Newest     Next step");
	buf_putc(out, '\n');
	for (size_t i = 0; i < n; i++)
		put_row(&rows[i], style, out);
	put_sums(rows, n, out);
}

/* ---- JSON ---- */

static void put_day(struct json *j, const char *key, int32_t day)
{
	char text[DAY_STRLEN];
	json_key(j, key);
	json_string(j, day_or(day, text, NULL));
}

int32_t overview_day(const struct overview_row *rows, size_t n)
{
	int32_t newest = NO_DAY;
	for (size_t i = 0; i < n; i++)
		newest = rows[i].day > newest ? rows[i].day : newest;
	return newest;
}

void overview_members(struct json *j, const struct overview_row *r)
{
	double points;
	json_key(j, "domain"), json_string(j, r->domain);
	put_day(j, "day", r->day);
	json_key(j, "verdict"), json_string(j, r->verdict);
	json_key(j, "parked"), json_bool(j, r->parked);
	json_key(j, "policy"), json_object(j);
	json_key(j, "p"), json_string(j, r->p);
	put_day(j, "since", r->policy_since);
	json_end(j);
	json_key(j, "messages"), json_uint(j, r->messages);
	json_key(j, "own"), json_uint(j, r->own);
	json_key(j, "own_pass"), json_uint(j, r->own_pass);
	json_key(j, "forged"), json_uint(j, r->forged);
	json_key(j, "questions"), json_uint(j, r->questions);
	json_key(j, "todo"), json_uint(j, r->todo);
	json_key(j, "events_open"), json_uint(j, r->events_open);
	put_day(j, "newest_report", r->newest_report);
	json_key(j, "change"), json_object(j);
	json_key(j, "own_pass_points");
	if (overview_change(r, &points))
		json_fixed(j, points, 1);
	else
		json_null(j);
	json_end(j);
	json_key(j, "next_step"), json_string(j, r->next_step);
}

void render_overview_json(struct overview_row *rows, size_t n, struct buf *out)
{
	struct json j;
	overview_sort(rows, n);
	json_init(&j, out);
	json_object(&j);
	json_key(&j, "schema"), json_string(&j, "ruascope.overview/1");
	put_day(&j, "day", overview_day(rows, n));
	json_key(&j, "domains"), json_array(&j);
	for (size_t i = 0; i < n; i++) {
		json_object(&j);
		overview_members(&j, &rows[i]);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	buf_putc(out, '\n');
}

/* ---- CSV ---- */

void render_overview_csv(struct overview_row *rows, size_t n, struct buf *out)
{
	char day[DAY_STRLEN], since[DAY_STRLEN], newest[DAY_STRLEN];
	overview_sort(rows, n);
	buf_puts(out,
		 "domain,day,verdict,policy,policy_since,messages,own,own_pass,"
		 "own_pass_points,forged,questions,todo,events_open,newest_report,next_step\r\n");
	for (size_t i = 0; i < n; i++) {
		const struct overview_row *r = &rows[i];
		double points;
		put_csv_cell(out, r->domain);
		buf_printf(out, ",%s,%s,%s,%s,%llu,%llu,%llu,", day_or(r->day, day, ""), r->verdict,
			   r->p ? r->p : "", day_or(r->policy_since, since, ""),
			   (unsigned long long)r->messages, (unsigned long long)r->own,
			   (unsigned long long)r->own_pass);
		if (overview_change(r, &points))
			buf_printf(out, "%.1f", points);
		buf_printf(out, ",%llu,%u,%u,%llu,%s,", (unsigned long long)r->forged, r->questions,
			   r->todo, (unsigned long long)r->events_open,
			   day_or(r->newest_report, newest, ""));
		put_csv_cell(out, r->next_step ? r->next_step : "");
		buf_puts(out, "\r\n");
	}
}
