#include "db/store/label.h"

#include <stdlib.h>
#include <string.h>

#include "core/day.h"
#include "core/hash.h"
#include "core/label.h"
#include "db/pg/result.h"
#include "sql.h"

static enum label_verdict verdict_of(const char *word)
{
	for (int v = LABEL_APPROVE; word && v < LABEL_COUNT; v++)
		if (strcmp(label_verdict_names[v], word) == 0)
			return (enum label_verdict)v;
	return LABEL_NONE;
}

/* Columns as in label_list.sql, binary. */
static struct label read_label(const PGresult *res, int row, struct arena *a)
{
	struct label l = {
	    .domain = result_text(res, row, 0, a),
	    .says = {.sender = result_text(res, row, 1, a),
		     .verdict = verdict_of(result_text(res, row, 2, a)),
		     .name = result_text(res, row, 3, a),
		     .owner = result_text(res, row, 4, a),
		     .has_until = !PQgetisnull(res, row, 5)},
	    .set_at = result_text(res, row, 6, a),
	};
	if (l.says.has_until)
		l.says.until = db_int4(res, row, 5) + DB_EPOCH_DAY;
	label_network(l.says.sender, &l.says.network, &l.says.bits);
	return l;
}

/* The id of a domain, which is made when it is not there. A concurrent maker may be first: then it
 * is there at the second look. */
static enum status find_domain(struct db *db, const char *name, char id[32], struct err *err)
{
	static const char *const queries[] = {sql_domain_find, sql_domain_insert, sql_domain_find};
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		PGresult *res;
		enum status st = db_query(db, queries[i], 1, &name, &res, err);
		if (st != ST_OK)
			return st;
		bool there = PQntuples(res) == 1;
		if (there)
			snprintf(id, 32, "%s", PQgetvalue(res, 0, 0));
		PQclear(res);
		if (there)
			return ST_OK;
	}
	return err_set(err, ST_RETRY, "the domain vanished while it was being labelled");
}

enum status label_set(struct db *db, const struct label_change *change, struct arena *a,
		      struct label *now, struct err *err)
{
	char id[32], day[DAY_STRLEN];
	PGresult *res;
	enum status st = find_domain(db, change->domain, id, err);
	if (st != ST_OK)
		return st;
	bool ends = change->set_until && change->has_until;
	const char *params[] = {
	    id,
	    change->sender,
	    change->verdict == LABEL_NONE ? NULL : label_verdict_names[change->verdict],
	    change->name,
	    change->owner,
	    change->set_until ? "t" : "f",
	    ends ? day_format(change->until, day) : NULL,
	};
	st = db_query_binary(db, sql_label_set, 7, params, &res, err);
	if (st != ST_OK)
		return st;
	if (now) {
		*now = read_label(res, 0, a);
		now->domain = arena_strdup(a, change->domain);
	}
	PQclear(res);
	return ST_OK;
}

enum status label_forget(struct db *db, const char *domain, const char *sender, bool *was_there,
			 struct err *err)
{
	const char *params[] = {domain, sender};
	PGresult *res;
	enum status st = db_query(db, sql_label_forget, 2, params, &res, err);
	if (st != ST_OK)
		return st;
	*was_there = strcmp(PQcmdTuples(res), "0") != 0;
	PQclear(res);
	return ST_OK;
}

enum status label_list(struct db *db, const char *domain, struct arena *a, struct label **labels,
		       size_t *n, struct err *err)
{
	PGresult *res;
	enum status st = db_query_binary(db, sql_label_list, 1, &domain, &res, err);
	if (st != ST_OK)
		return st;
	*n = (size_t)PQntuples(res);
	*labels = arena_alloc(a, *n * sizeof **labels);
	for (size_t i = 0; i < *n; i++)
		(*labels)[i] = read_label(res, (int)i, a);
	PQclear(res);
	return ST_OK;
}

/* Of the labels that begin at first those that count for the window. */
static void keep_labels(const struct label *labels, size_t n, size_t first, struct arena *a,
			struct domain_facts *out)
{
	size_t last = first, k = 0;
	while (last < n && strcmp(labels[last].domain, labels[first].domain) == 0)
		last++;
	struct fact_label *list = arena_alloc(a, (last - first) * sizeof *list);
	for (size_t i = first; i < last; i++)
		if (!labels[i].says.has_until || labels[i].says.until > out->window.since)
			list[k++] = labels[i].says;
	out->labels = list;
	out->n_labels = k;
}

enum status label_windows(struct db *db, const char *names, struct arena *a,
			  struct domain_facts *out, size_t n, struct err *err)
{
	PGresult *res;
	struct map first = {0}; /* name of a domain -> its first label */
	enum status st = db_query_binary(db, sql_window_labels, 1, &names, &res, err);
	if (st != ST_OK)
		return st;
	size_t n_labels = (size_t)PQntuples(res);
	struct label *labels = arena_alloc(a, n_labels * sizeof *labels);
	for (size_t i = 0; i < n_labels; i++) {
		labels[i] = read_label(res, (int)i, a);
		struct digest key = hash_fixed128(labels[i].domain, strlen(labels[i].domain));
		bool fresh;
		uint64_t *at = map_put(&first, &key, &fresh);
		if (fresh)
			*at = i;
	}
	for (size_t i = 0; i < n; i++) {
		struct digest key = hash_fixed128(out[i].domain, strlen(out[i].domain));
		const uint64_t *at = map_get(&first, &key);
		if (at)
			keep_labels(labels, n_labels, (size_t)*at, a, &out[i]);
	}
	map_free(&first);
	PQclear(res);
	return ST_OK;
}
