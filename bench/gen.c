/*
 * gen.c - a corpus of aggregate reports for the benchmark; the same seed makes the same bytes.
 *
 *   bench_gen --set tiny|mixed|large --reports N --out DIR [--seed S] [--domains N] [--reporters N]
 *             [--first DAYS] [--days N]
 *   bench_gen --set giant --records N --out FILE.xml [--seed S]
 *
 * tiny: about 6 records a report; mixed: heavy-tailed, about 20; large: some thousands; giant: one
 * report. The days are 60 from 2026-09-01 on, or others, --first counted from there. Prints the
 * totals as a line of JSON and writes them beside the corpus: OUT.totals.json.
 */
#include "bench/gen.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILES_A_DIRECTORY 1000
#define FLUSH_AT          (1 << 20)

struct totals {
	uint64_t reports, records, messages, xml_bytes, archive_bytes;
};

struct options {
	const char *set, *out;
	uint64_t reports, records, seed;
	struct world world;
};

static uint64_t parse_number(const char *s, const char *name)
{
	char *end;
	errno = 0;
	unsigned long long v = strtoull(s, &end, 10);
	if (errno || end == s || *end || *s == '-')
		die("--%s: not a number: %s", name, s);
	return v;
}

static unsigned parse_count(const char *s, const char *name)
{
	uint64_t v = parse_number(s, name);
	if (v == 0 || v > 1000000)
		die("--%s: between 1 and 1000000", name);
	return (unsigned)v;
}

/* Before the first day of all is negative. */
static int parse_day(const char *s)
{
	char *end;
	errno = 0;
	long v = strtol(s, &end, 10);
	if (errno || end == s || *end || v < -20000 || v > 20000)
		die("--first: not a number of days: %s", s);
	return (int)v;
}

static void parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
	    {"set", required_argument, NULL, 's'},       {"out", required_argument, NULL, 'o'},
	    {"reports", required_argument, NULL, 'n'},   {"records", required_argument, NULL, 'r'},
	    {"seed", required_argument, NULL, 'S'},      {"domains", required_argument, NULL, 'd'},
	    {"reporters", required_argument, NULL, 'p'}, {"first", required_argument, NULL, 'f'},
	    {"days", required_argument, NULL, 'D'},      {0}};
	int c;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 's':
			o->set = optarg;
			break;
		case 'o':
			o->out = optarg;
			break;
		case 'n':
			o->reports = parse_number(optarg, "reports");
			break;
		case 'r':
			o->records = parse_number(optarg, "records");
			break;
		case 'S':
			o->seed = parse_number(optarg, "seed");
			break;
		case 'd':
			o->world.domains = parse_count(optarg, "domains");
			break;
		case 'p':
			o->world.reporters = parse_count(optarg, "reporters");
			break;
		case 'f':
			o->world.first = parse_day(optarg);
			break;
		case 'D':
			o->world.days = parse_count(optarg, "days");
			break;
		default:
			exit(64);
		}
	}
	if (!o->set || !o->out || optind != argc)
		die("usage: bench_gen --set tiny|mixed|large|giant --out PATH "
		    "[--reports N] [--records N] [--seed S] [--domains N] [--reporters N] [--first "
		    "DAYS] [--days N]");
}

/* How many records a report of this set has. */
static unsigned draw_records(struct prng *p, const char *set)
{
	double u = prng_unit(p);
	if (strcmp(set, "tiny") == 0)
		return 1 + (unsigned)(-5.5 * log(u));
	if (strcmp(set, "large") == 0)
		return 2000 + prng_below(p, 6000);
	double n = 5.5 * pow(u, -1 / 1.3); /* Pareto */
	return n > 5000 ? 5000 : (unsigned)n;
}

static void add_row(struct prng *p, struct text *xml, const struct head *h, struct totals *sum)
{
	struct row r;
	world_row(p, h, &r);
	xml_row(xml, h, &r);
	sum->records++;
	sum->messages += r.count;
}

static void make_directory(const char *path)
{
	if (mkdir(path, 0755) != 0 && errno != EEXIST)
		die("%s: %s", path, strerror(errno));
}

static void one_report(const struct options *o, uint64_t i, struct text *xml, struct totals *sum)
{
	struct prng p;
	struct head h;
	char path[3000];
	prng_seed(&p, o->seed * UINT64_C(1000003) + i);
	/* no two corpora share a report: each seed has numbers of its own */
	world_head(&p, &o->world, i + (o->seed - 1) * 10000000, &h);
	text_clear(xml);
	xml_begin(xml, &h);
	for (unsigned n = draw_records(&p, o->set); n; n--)
		add_row(&p, xml, &h, sum);
	xml_end(xml, &h);
	snprintf(path, sizeof path, "%s/%05" PRIu64, o->out, i / FILES_A_DIRECTORY);
	if (i % FILES_A_DIRECTORY == 0)
		make_directory(path);
	size_t n = strlen(path);
	snprintf(path + n, sizeof path - n, "/%s!%s!%" PRId64 "!%" PRId64 "!%" PRIu64, h.org,
		 h.name, h.begin, h.end, i);
	unsigned kind = prng_below(&p, 100);
	sum->reports++;
	sum->xml_bytes += xml->len;
	sum->archive_bytes += pack_write(kind < 85   ? PACK_GZIP
					 : kind < 96 ? PACK_ZIP
						     : PACK_BARE,
					 path, xml);
}

static void corpus(const struct options *o, struct totals *sum)
{
	struct text xml = {0};
	make_directory(o->out);
	for (uint64_t i = 0; i < o->reports; i++)
		one_report(o, i, &xml, sum);
	text_free(&xml);
}

static void flush_to(FILE *f, struct text *xml, struct totals *sum)
{
	if (fwrite(xml->data, 1, xml->len, f) != xml->len)
		die("write: %s", strerror(errno));
	sum->xml_bytes += xml->len;
	text_clear(xml);
}

static void giant(const struct options *o, struct totals *sum)
{
	struct prng p;
	struct head h;
	struct text xml = {0};
	FILE *f = fopen(o->out, "wb");
	if (!f)
		die("%s: %s", o->out, strerror(errno));
	prng_seed(&p, o->seed);
	world_head(&p, &o->world, 0, &h);
	xml_begin(&xml, &h);
	for (uint64_t i = 0; i < o->records; i++) {
		add_row(&p, &xml, &h, sum);
		if (xml.len > FLUSH_AT)
			flush_to(f, &xml, sum);
	}
	xml_end(&xml, &h);
	flush_to(f, &xml, sum);
	text_free(&xml);
	if (fclose(f) != 0)
		die("%s: %s", o->out, strerror(errno));
	sum->reports = 1;
	sum->archive_bytes = sum->xml_bytes;
}

static void print_totals(FILE *f, const struct options *o, const struct totals *t)
{
	fprintf(
	    f,
	    "{\"set\":\"%s\",\"seed\":%" PRIu64 ",\"reports\":%" PRIu64 ",\"records\":%" PRIu64
	    ",\"messages\":%" PRIu64 ",\"xml_bytes\":%" PRIu64 ",\"archive_bytes\":%" PRIu64 "}\n",
	    o->set, o->seed, t->reports, t->records, t->messages, t->xml_bytes, t->archive_bytes);
}

int main(int argc, char **argv)
{
	struct options o = {.reports = 1000,
			    .records = 1000000,
			    .seed = 1,
			    .world = {.domains = 50, .reporters = 300, .days = 60}};
	struct totals sum = {0};
	char path[4096];
	parse_options(argc, argv, &o);
	if (strcmp(o.set, "giant") == 0)
		giant(&o, &sum);
	else if (strcmp(o.set, "tiny") == 0 || strcmp(o.set, "mixed") == 0 ||
		 strcmp(o.set, "large") == 0)
		corpus(&o, &sum);
	else
		die("no such set: %s", o.set);
	int n = (int)strlen(o.out);
	while (n > 1 && o.out[n - 1] == '/')
		n--;
	snprintf(path, sizeof path, "%.*s.totals.json", n, o.out);
	FILE *f = fopen(path, "w");
	if (!f)
		die("%s: %s", path, strerror(errno));
	print_totals(f, &o, &sum);
	if (fclose(f) != 0)
		die("%s: %s", path, strerror(errno));
	print_totals(stdout, &o, &sum);
	return 0;
}
