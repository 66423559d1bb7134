/*
 * sax.c - how fast inflate and libxml2 alone go through a corpus: no meaning, no database.
 *
 *   bench_sax [-j THREADS] [-x] PATH...
 *
 * Reads each file, inflates it in pieces of 32K and pushes them through one SAX2 parser a thread,
 * reused from document to document, with handlers that do nothing but count <record>; with -x they
 * take out what a record says (extract.h). Prints a line of JSON.
 */
#include "bench/sax.h"

#include "bench/extract.h"

#include <inttypes.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#define PIECE       32768
#define MAX_THREADS 64

struct worker {
	pthread_t thread;
	xmlParserCtxtPtr parser;
	z_stream gzip, raw;
	unsigned char *data;
	size_t cap;
	bool in_document;
	struct extract extract;
	uint64_t records, xml_bytes, failed;
};

static struct files files;
static atomic_size_t next_file;
static bool extracting;

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
		     int n_namespaces, const xmlChar **namespaces, int n_attributes,
		     int n_defaulted, const xmlChar **attributes)
{
	struct worker *w = ctx;
	(void)prefix, (void)uri, (void)n_namespaces, (void)namespaces;
	(void)n_attributes, (void)n_defaulted, (void)attributes;
	if (name[0] == 'r' && strcmp((const char *)name, "record") == 0)
		w->records++;
	if (extracting)
		extract_start(&w->extract, (const char *)name);
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct worker *w = ctx;
	(void)prefix, (void)uri;
	if (extracting)
		extract_end(&w->extract, (const char *)name);
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
	struct worker *w = ctx;
	if (extracting)
		extract_text(&w->extract, (const char *)text, (size_t)len);
}

static int worker_init(struct worker *w)
{
	xmlSAXHandler sax;
	memset(&sax, 0, sizeof sax);
	sax.initialized = XML_SAX2_MAGIC;
	sax.startElementNs = on_start;
	sax.endElementNs = on_end;
	sax.characters = on_text;
	sax.ignorableWhitespace = on_text;
	memset(w, 0, sizeof *w);
	w->parser = xmlCreatePushParserCtxt(&sax, w, NULL, 0, NULL);
	if (!w->parser || inflateInit2(&w->gzip, 15 + 16) != Z_OK ||
	    inflateInit2(&w->raw, -15) != Z_OK)
		return -1;
	xmlCtxtUseOptions(w->parser, XML_PARSE_NONET | XML_PARSE_HUGE);
	return 0;
}

static void worker_free(struct worker *w)
{
	xmlFreeParserCtxt(w->parser);
	inflateEnd(&w->gzip);
	inflateEnd(&w->raw);
	map_free(&w->extract.verdicts);
	free(w->data);
}

/* One piece of a document; the first one resets the parser. */
static void feed(struct worker *w, const unsigned char *data, size_t n)
{
	w->xml_bytes += n;
	if (w->in_document)
		xmlParseChunk(w->parser, (const char *)data, (int)n, 0);
	else
		xmlCtxtResetPush(w->parser, (const char *)data, (int)n, NULL, NULL);
	w->in_document = true;
}

static bool inflate_all(struct worker *w, z_stream *z, unsigned char *in, size_t n)
{
	unsigned char piece[PIECE];
	int rc = Z_OK;
	inflateReset(z);
	z->next_in = in;
	z->avail_in = (unsigned)n;
	while (rc == Z_OK) {
		z->next_out = piece;
		z->avail_out = sizeof piece;
		rc = inflate(z, Z_NO_FLUSH);
		feed(w, piece, sizeof piece - z->avail_out);
	}
	return rc == Z_STREAM_END;
}

static bool plain(struct worker *w, const unsigned char *in, size_t n)
{
	for (size_t at = 0; at < n; at += PIECE)
		feed(w, in + at, n - at < PIECE ? n - at : PIECE);
	return true;
}

static bool one_file(struct worker *w, const char *path)
{
	long size = file_read(path, &w->data, &w->cap);
	unsigned char *d = w->data;
	size_t n = (size_t)size;
	bool ok;
	if (size < 4)
		return false;
	w->in_document = false;
	if (d[0] == 0x1f && d[1] == 0x8b) {
		ok = inflate_all(w, &w->gzip, d, n);
	} else if (n > 30 && memcmp(d, "PK\3\4", 4) == 0) {
		size_t skip = 30 + (size_t)(d[26] | d[27] << 8) + (size_t)(d[28] | d[29] << 8);
		ok = skip < n && inflate_all(w, &w->raw, d + skip, n - skip);
	} else {
		ok = plain(w, d, n);
	}
	return xmlParseChunk(w->parser, "", 0, 1) == 0 && ok;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	size_t i;
	while ((i = atomic_fetch_add(&next_file, 1)) < files.n)
		if (!one_file(w, files.paths[i]))
			w->failed++;
	return NULL;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int run(unsigned threads)
{
	static struct worker workers[MAX_THREADS];
	uint64_t records = 0, messages = 0, bytes = 0, failed = 0;
	for (unsigned i = 0; i < threads; i++)
		if (worker_init(&workers[i]) != 0)
			return 1;
	double start = now();
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			return 1;
	for (unsigned i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	double seconds = now() - start;
	for (unsigned i = 0; i < threads; i++) {
		records += workers[i].records;
		messages += workers[i].extract.messages;
		bytes += workers[i].xml_bytes;
		failed += workers[i].failed;
		worker_free(&workers[i]);
	}
	printf("{\"threads\":%u,\"files\":%zu,\"failed\":%" PRIu64 ",\"records\":%" PRIu64
	       ",\"messages\":%" PRIu64 ",\"xml_bytes\":%" PRIu64
	       ",\"seconds\":%.4f,\"mb_s\":%.1f,\"records_s\":%.0f}\n",
	       threads, files.n, failed, records, messages, bytes, seconds,
	       (double)bytes / seconds / 1e6, (double)records / seconds);
	return failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	unsigned threads = 1;
	int i = 1;
	if (argc > 2 && strcmp(argv[1], "-j") == 0) {
		threads = (unsigned)strtoul(argv[2], NULL, 10);
		i = 3;
	}
	if (i < argc && strcmp(argv[i], "-x") == 0) {
		extracting = true;
		i++;
	}
	if (i >= argc || threads < 1 || threads > MAX_THREADS) {
		fputs("usage: bench_sax [-j THREADS] [-x] PATH...\n", stderr);
		return 64;
	}
	for (; i < argc; i++)
		if (files_add(&files, argv[i]) != 0)
			return 1;
	xmlInitParser();
	int rc = run(threads);
	files_free(&files);
	xmlCleanupParser();
	return rc;
}
