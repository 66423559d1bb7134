/*
 * The one list of things to do: what stands in it, in which order, and each thing once.
 */
#include "tests/unit/world.h"

#define UNTIL (month_first_day(OCTOBER + 1))

/* A sender as classify and remedy leave it. */
struct left {
	const char *key;
	enum category category;
	enum remedy_kind remedy;
	uint64_t messages, pass, refused;
	bool hinted, aged;
	const char *ip;
	enum change change;
	enum label_verdict label;
	const char *ptr;
};

static struct sender sender_of(struct arena *a, const struct left *x)
{
	struct sender s = {.key = x->key,
			   .name = strchr(x->key, ':') + 1,
			   .change = x->change ? x->change : CHANGE_SAME,
			   .hinted = x->hinted,
			   .aged = x->aged};
	s.verdict = (struct verdict){x->category, 80, {.kind = x->remedy, .text = "do it"}};
	s.t.messages = x->messages;
	s.t.cells[CELL_P1] = x->pass;
	s.t.cells[CELL_F1] = x->messages - x->pass;
	s.t.rejected = x->refused;
	if (x->label) {
		struct fact_label *l = arena_alloc(a, sizeof *l);
		*l = (struct fact_label){.sender = x->key, .verdict = x->label};
		s.label = l;
	}
	if (x->ip) {
		s.sources = arena_alloc(a, sizeof *s.sources);
		s.n_sources = 1;
		assert_true(ip_parse(x->ip, strlen(x->ip), &s.sources->ip, NULL));
		s.sources->messages = x->messages;
		s.sources->ptr = x->ptr;
		s.sources->aged = x->aged;
	}
	return s;
}

#define LEFT_MAX 32

static struct todo_list list_of(struct arena *a, const struct left *left, size_t n,
				const struct remedies *faults)
{
	static const struct remedies none = {.judged = true};
	struct sender *senders = arena_alloc(a, (n + 1) * sizeof *senders);
	struct todo_list out;
	for (size_t i = 0; i < n; i++)
		senders[i] = sender_of(a, &left[i]);
	todo_make("example.com", UNTIL, faults ? faults : &none, senders, n, a, &out);
	return out;
}

/* Ids, in order, parted by blanks. */
static const char *ids_of(struct arena *a, const struct todo_list *l)
{
	const char *out = "";
	for (size_t i = 0; i < l->n; i++)
		out = arena_printf(a, "%s%s%s", out, i ? " " : "", l->list[i].id);
	return out;
}

static const struct list_case {
	const char *what;
	struct left left[6];
	const char *ids;
	bool empty;
} cases[] = {
    {"nothing", {{"own:a", CAT_AUTHORIZED, REMEDY_NONE, 100, 100}}, "", true},
    {"worst kind first",
     {{"net:f", CAT_UNAUTHORIZED, REMEDY_BLOCK, 90000, 0, .ip = "203.0.113.1"},
      {"own:d", CAT_AUTHORIZED, REMEDY_DKIM_ENABLE, 800, 800},
      {"net:q", CAT_UNKNOWN, REMEDY_CONFIRM, 900, 0},
      {"own:x", CAT_SUSPECT_ABUSE, REMEDY_REVIEW, 5000, 5000},
      {"own:m", CAT_LEGIT_SPF_MISSING, REMEDY_SPF_ADD, 5, 0}},
     "own:own:m abuse:own:x question:net:q duty:own:d forged"},
    {"own mail that is lost, by volume, refused or not",
     {{"own:a", CAT_LEGIT_SPF_MISSING, REMEDY_SPF_ADD, 50, 0},
      {"own:b", CAT_LEGIT_BROKEN, REMEDY_DKIM_REPAIR, 9000, 8000},
      {"own:c", CAT_LEGIT_UNALIGNED, REMEDY_DKIM_ALIGN, 70, 0, .refused = 70}},
     "own:own:b own:own:c own:own:a"},
    {"whom one fault of a record makes fail, together",
     {{"host:a", CAT_LEGIT_BROKEN, REMEDY_SPF_REPAIR, 50, 0},
      {"host:b", CAT_LEGIT_BROKEN, REMEDY_SPF_REPAIR, 70, 0},
      {"host:c", CAT_LEGIT_BROKEN, REMEDY_DKIM_REPAIR, 60, 0}},
     "own:host:b own:host:c"},
    {"of equals, by id",
     {{"own:b", CAT_LEGIT_SPF_MISSING, REMEDY_SPF_ADD, 50, 0},
      {"own:a", CAT_LEGIT_SPF_MISSING, REMEDY_SPF_ADD, 50, 0}},
     "own:own:a own:own:b"},
    {"forgers, in one line",
     {{"net:a", CAT_UNAUTHORIZED, REMEDY_BLOCK, 10, 0, .ip = "203.0.113.1"},
      {"net:b", CAT_UNAUTHORIZED, REMEDY_BLOCK, 20, 0, .ip = "203.0.113.2"},
      {"net:c", CAT_UNKNOWN, REMEDY_REVIEW, 30, 0, .ip = "203.0.113.3"}},
     "forged",
     true},
    {"a person said to ignore it",
     {{"own:a", CAT_LEGIT_SPF_MISSING, REMEDY_SPF_ADD, 50, 0, .label = LABEL_IGNORE}},
     "",
     true},
    {"forwarders are nothing to do",
     {{"own:a", CAT_AUTHORIZED, REMEDY_NONE, 5000, 5000},
      {"mailfrom:l", CAT_FORWARDER, REMEDY_FORWARDER, 500, 0}},
     "",
     true},
    {"but where they break more than a tenth of our mail",
     {{"own:a", CAT_AUTHORIZED, REMEDY_NONE, 4990, 4990},
      {"mailfrom:k", CAT_FORWARDER, REMEDY_FORWARDER, 900, 600},
      {"mailfrom:l", CAT_FORWARDER, REMEDY_FORWARDER, 200, 0}},
     "lists",
     false},
    {"too small for a duty",
     {{"own:a", CAT_AUTHORIZED, REMEDY_DKIM_ENABLE, 9, 9},
      {"own:b", CAT_AUTHORIZED, REMEDY_DKIM_ENABLE, 10, 10}},
     "duty:own:b"},
    {"questions of what looks alike are one",
     {{"net:a", CAT_UNKNOWN, REMEDY_CONFIRM, 10, 0, .ip = "203.0.113.1"},
      {"net:b", CAT_UNKNOWN, REMEDY_CONFIRM, 20, 0, .ip = "203.0.114.1"},
      {"net:c", CAT_UNKNOWN, REMEDY_CONFIRM, 15, 0, .ip = "198.51.100.1"}},
     "question:net:b"},
    {"but servers with names elsewhere are others",
     {{"host:a", CAT_UNKNOWN, REMEDY_CONFIRM, 10, 0, .ip = "203.0.113.1", .ptr = "a.x.example"},
      {"host:b", CAT_UNKNOWN, REMEDY_CONFIRM, 20, 0, .ip = "203.0.114.1", .ptr = "b.x.example"},
      {"host:c", CAT_UNKNOWN, REMEDY_CONFIRM, 15, 0, .ip = "198.51.100.1", .ptr = "c.x.example"}},
     "question:host:b question:host:c"},
    {"but not of what something of ours speaks for",
     {{"net:a", CAT_UNKNOWN, REMEDY_CONFIRM, 10, 0, .ip = "203.0.113.1", .hinted = true},
      {"net:b", CAT_UNKNOWN, REMEDY_CONFIRM, 20, 0, .ip = "203.0.114.1", .hinted = true}},
     "question:net:b question:net:a"},
    {"an address of our record that aged, though it passes",
     {{"own:a", CAT_AUTHORIZED, REMEDY_CONFIRM, 70, 70, .ip = "192.0.2.9", .aged = true},
      {"net:b", CAT_UNKNOWN, REMEDY_CONFIRM, 20, 0}},
     "question:own:a question:net:b"},
};

static void test_lists(void **state)
{
	size_t bad = 0;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct list_case *c = &cases[i];
		struct arena a = {0};
		size_t n = 0;
		while (n < COUNT(c->left) && c->left[n].key)
			n++;
		struct todo_list l = list_of(&a, c->left, n, NULL);
		const char *ids = ids_of(&a, &l);
		if (strcmp(ids, c->ids) != 0 || (todo_count(&l) == 0) != c->empty) {
			print_error("%s: %s\n", c->what, ids);
			bad++;
		}
		/* the order of senders does not matter */
		struct left turned[COUNT(c->left)];
		for (size_t k = 0; k < n; k++)
			turned[k] = c->left[n - 1 - k];
		struct todo_list other = list_of(&a, turned, n, NULL);
		assert_int_equal(other.n, l.n);
		for (size_t k = 0; k < l.n; k++)
			assert_true(l.list[k].text && l.list[k].title && l.list[k].id);
		arena_free(&a);
	}
	assert_int_equal(bad, 0);
}

static void test_faults_first(void **state)
{
	static const struct record_change change = {.name = "example.com",
						    .after = "v=spf1 mx ~all"};
	static struct fault fault = {"spf:example.com", "the SPF record", "two records", &change};
	static const struct left left[] = {
	    {"own:m", CAT_LEGIT_SPF_MISSING, REMEDY_SPF_ADD, 5000, 0}};
	const struct remedies faults = {&fault, 1, true};
	struct arena a = {0};
	(void)state;
	struct todo_list l = list_of(&a, left, 1, &faults);
	assert_string_equal(ids_of(&a, &l), "spf:example.com own:own:m");
	assert_ptr_equal(l.list[0].record, &change);
	assert_int_equal(l.list[0].kind, TODO_ZONE_FAULT);
	arena_free(&a);
}

/* Forgers and refused mail: counts, and what is said. */
static void test_words(void **state)
{
	static const struct left left[] = {
	    {"own:a", CAT_LEGIT_SPF_MISSING, REMEDY_SPF_ADD, 50, 10, .refused = 30},
	    {"net:q", CAT_UNKNOWN, REMEDY_CONFIRM, 20, 0, .ip = "192.0.2.9"},
	    {"net:f", CAT_UNAUTHORIZED, REMEDY_BLOCK, 10, 0, .ip = "203.0.113.1"},
	    {"net:g", CAT_UNAUTHORIZED, REMEDY_BLOCK, 20, 0, .ip = "203.0.113.2"},
	};
	struct arena a = {0};
	(void)state;
	struct todo_list l = list_of(&a, left, COUNT(left), NULL);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.list[0].kind, TODO_OWN_REFUSED);
	assert_int_equal(l.list[0].messages, 40);
	assert_int_equal(l.list[1].messages, 20);
	assert_int_equal(l.list[1].n_commands, 2);
	assert_string_equal(l.list[1].commands[0], "ruascope label approve example.com 192.0.2.9");
	assert_string_equal(l.list[1].commands[1], "ruascope label deny example.com 192.0.2.9");
	assert_int_equal(l.list[2].kind, TODO_FORGED);
	assert_int_equal(l.list[2].messages, 30);
	assert_non_null(strstr(l.list[2].text, "(2 addresses)"));
	for (int i = 0; i < TODO_KIND_COUNT; i++)
		assert_true(todo_kind_names[i] && todo_kind_words[i]);
	arena_free(&a);
}

/* However many questions: no message is told nowhere, and what is told is the most. */
static void test_many_questions(void **state)
{
	enum { N = 40 };
	struct left left[N];
	struct arena a = {0};
	uint64_t told = 0, all = 0, least = UINT64_MAX;
	(void)state;
	for (unsigned i = 0; i < N; i++) {
		left[i] = (struct left){arena_printf(&a, "net:%02u", i),
					CAT_UNKNOWN,
					REMEDY_CONFIRM,
					100 + i,
					0,
					.ip = arena_printf(&a, "203.%u.0.1", i),
					.ptr = "mx.vendor.example"};
		all += left[i].messages;
	}
	struct todo_list l = list_of(&a, left, N, NULL);
	for (size_t i = 0; i < l.n; i++) {
		told += l.list[i].messages;
		if (l.list[i].kind == TODO_QUESTION && l.list[i].n_senders == 1)
			least = l.list[i].messages < least ? l.list[i].messages : least;
	}
	assert_true(l.n < 20);
	assert_int_equal(told, all);
	assert_true(least >= 100 + N - 12);
	arena_free(&a);
}

/* ---- in the world ---- */

#define SPF(r) "example.com TXT v=spf1 " r
#define ERP    "77.2.0.192.in-addr.arpa PTR erp.example.com", "erp.example.com A 192.0.2.77"

static const struct todo *find_thing(const struct domain_inventory *d, const char *id)
{
	for (size_t i = 0; i < d->todo->n; i++)
		if (strcmp(d->todo->list[i].id, id) == 0)
			return &d->todo->list[i];
	return NULL;
}

/* It failed when it was last seen: with its last day, and the edit that it needs. */
static void test_gone(void **state)
{
	static const struct {
		struct row before;
		const char *says, *after; /* NULL: it is nothing to do; no record */
	} rows[] = {
	    {{"192.0.2.77", 400, "example.com fail", NULL, 0, 1u << 14},
	     "400 messages on 2026-09-15, failed, and it was not seen since",
	     "v=spf1 ip4:192.0.2.77 mx ~all"},
	    {{"192.0.2.77", 400, "example.com pass", NULL, 0, 1u << 14}, NULL, NULL},
	    {{"192.0.2.78", 400, "example.com fail", NULL, 0, 1u << 14}, NULL, NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct arena a = {0};
		struct world w = {.now = {OUR_ROW},
				  .before = {OUR_ROW, rows[i].before},
				  .zone = {SPF("mx ~all"), ERP}};
		if (!rows[i].says && rows[i].before.ip[9] == '7')
			w.zone[0] = SPF("mx ip4:192.0.2.77 ~all");
		struct domain_inventory d = world_judge(&w, &a);
		const struct todo *t = find_thing(&d, "own:own:example.com#spf-fail");
		if (!t != !rows[i].says || (t && (!strstr(t->text, rows[i].says) || !t->record ||
						  strcmp(t->record->after, rows[i].after) != 0))) {
			world_print(&d);
			fail_msg("row %zu: %s", i, t ? t->text : "nothing to do");
		}
		arena_free(&a);
	}
}

/* One new record per name, whatever is to be done for whom. */
static void test_one_record(void **state)
{
	static const struct world w = {
	    .now = {OUR_ROW,
		    {"192.0.2.77", 60, "example.com permerror", NULL, 0, MONTH},
		    {"198.51.100.80", 90, "example.com permerror", NULL, 0, MONTH},
		    {"192.0.2.78", 90, "shop.example.com fail", NULL, 0, MONTH}},
	    .before = {OUR_ROW},
	    .zone = {SPF("mx ~all"), SPF("ip4:192.0.2.99 -all"), ERP,
		     "shop.example.com TXT v=spf1 -all", "shop.example.com A 192.0.2.78"}};
	struct arena a = {0};
	const char *after = NULL, *below = NULL;
	(void)state;
	struct domain_inventory d = world_judge(&w, &a);
	for (size_t i = 0; i < d.todo->n; i++) {
		const struct record_change *c = d.todo->list[i].record;
		if (!c)
			continue;
		const char **of = strcmp(c->name, "example.com") == 0 ? &after : &below;
		if (*of)
			assert_string_equal(*of, c->after);
		*of = c->after;
	}
	assert_string_equal(after,
			    "v=spf1 mx ip4:192.0.2.99 ip4:192.0.2.77 ip4:198.51.100.80 ~all");
	assert_string_equal(below, "v=spf1 ip4:192.0.2.78 -all");
	assert_non_null(find_thing(&d, "spf:example.com"));
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lists), cmocka_unit_test(test_faults_first),
	    cmocka_unit_test(test_words), cmocka_unit_test(test_many_questions),
	    cmocka_unit_test(test_gone),  cmocka_unit_test(test_one_record),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
