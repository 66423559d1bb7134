/*
 * Several domains propose a new record for one name.
 */
#include "report/one_record.h"

#include <string.h>

#include "tests/unit/check.h"

struct section {
	struct domain_inventory d;
	struct sender sender;
	struct todo thing;
	struct todo_list list;
};

static void propose(struct section *s, const char *domain, const struct record_change *c)
{
	*s = (struct section){.list = {.list = &s->thing, .n = 1}};
	s->thing = (struct todo){.text = "Text.", .record = c};
	s->sender.verdict.remedy = (struct remedy){.text = "Text.", .change = c};
	s->d = (struct domain_inventory){
	    .domain = domain, .senders = &s->sender, .n_senders = 1, .todo = &s->list};
}

static const struct record_change above = {
    .name = "example.com", .after = "v=spf1 ip4:192.0.2.10 ~all", .terms = "ip4:192.0.2.10"};
static const struct record_change below = {
    .name = "example.com", .after = "v=spf1 ip4:192.0.2.20 ~all", .terms = "ip4:192.0.2.20"};

/* Whichever order the domains come in. */
static void test_nearest_stays(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct arena a = {0};
		struct section owner, shop;
		propose(&owner, "example.com", &above);
		propose(&shop, "shop.example.com", &below);
		struct domain_inventory d[] = {turn ? shop.d : owner.d, turn ? owner.d : shop.d};
		one_record(d, 2, &a);
		assert_ptr_equal(owner.thing.record, &above);
		assert_ptr_equal(owner.sender.verdict.remedy.change, &above);
		assert_null(shop.thing.record);
		assert_null(shop.sender.verdict.remedy.change);
		assert_non_null(strstr(shop.thing.text, "add ip4:192.0.2.20 to that one"));
		assert_non_null(strstr(shop.sender.verdict.remedy.text, "shown for example.com"));
		arena_free(&a);
	}
}

static void test_equal_ones_stay(void **state)
{
	struct arena a = {0};
	struct section owner, shop;
	(void)state;
	propose(&owner, "example.com", &above);
	propose(&shop, "shop.example.com", &above);
	struct domain_inventory d[] = {owner.d, shop.d};
	one_record(d, 2, &a);
	assert_ptr_equal(owner.thing.record, &above);
	assert_ptr_equal(shop.thing.record, &above);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_nearest_stays),
					   cmocka_unit_test(test_equal_ones_stay)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
