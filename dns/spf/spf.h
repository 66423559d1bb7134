/*
 * spf.h - Sender Policy Framework, RFC 7208: what a record says of an address, and why.
 *
 *	view -> [spf_check_host] -> result, mechanism, path, counts, trace      one address, exactly
 *	view -> [spf_tree_read]  -> a record with all it includes               many addresses, at
 * once
 *
 * Both are pure functions of a view (answer.h): while an answer is missing they return with pending
 * set, having noted as many further questions as can be foreseen.
 *
 * The wing spf/: SPF (RFC 7208). In: a view of DNS, a domain, an address. Out: a result with its
 * trace, or the record as a tree. It may include ask/. Pure.
 */
#ifndef DNS_SPF_SPF_H
#define DNS_SPF_SPF_H

#include "core/arena.h"
#include "dns/ask/answer.h"

#define SPF_LOOKUP_LIMIT 10 /* section 4.6.4: include, a, mx, ptr, exists, redirect */
#define SPF_VOID_LIMIT   2
#define SPF_MX_LIMIT     10 /* addresses looked up for one mx; more is a permerror */
#define SPF_PTR_LIMIT    10 /* names looked at for one ptr; the rest is ignored */

enum spf_result { /* section 2.6 */
		  SPF_NONE,
		  SPF_NEUTRAL,
		  SPF_PASS,
		  SPF_FAIL,
		  SPF_SOFTFAIL,
		  SPF_TEMPERROR,
		  SPF_PERMERROR,
		  SPF_RESULT_COUNT
};

extern const char *const spf_result_names[SPF_RESULT_COUNT];

struct spf_request {
	struct ip ip;
	const char *mail_from; /* local@domain, a domain alone, or "": then helo counts (2.4) */
	const char *helo;      /* NULL: unknown */
	const char *receiver;  /* %{r}; NULL: "unknown" */
};

/* One step of an evaluation, in the order of reading: an include stands before what it leads to.
 * depth 0 is the record asked for. */
struct spf_step {
	unsigned depth;
	const char *domain, *term; /* term "": the record as a whole */
	const char *text;          /* "matches", "does not match", "no such name", ... */
};

struct spf_check {
	bool pending; /* the rest is not to be read yet */
	enum spf_result result;
	const char *domain;      /* whose record was asked for */
	const char *mechanism;   /* the term that decided, as written; NULL: none did */
	const char *const *path; /* records that led to it, the first being domain's; none: empty */
	size_t n_path;
	unsigned lookups, void_lookups;
	const char *explanation; /* exp=, for fail only; NULL: none (section 6.2) */
	const char *problem;     /* of none, temperror and permerror: what is wrong, and where */
	const struct spf_step *trace;
	size_t n_trace;
};

/* Check_host() of section 4. out lives in a and borrows from the view. */
void spf_check_host(const struct dns_view *view, const struct spf_request *request, struct arena *a,
		    struct spf_check *out);

/* ---- a record as a tree ---- */

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT,
	SPF_EXP,
	SPF_OTHER /* an unknown modifier */
};

struct spf_network {
	struct ip ip;
	unsigned bits; /* 0 to 32 or 128 */
};

struct spf_term {
	const char *text; /* as written */
	enum spf_kind kind;
	enum spf_result qualifier; /* + ? - ~ ; SPF_PASS for modifiers */
	const char *domain;        /* the name it asks about, macros expanded where they can be for
				      any sender; NULL: none, or it depends on the sender */
	bool depends;              /* on sender, address or HELO: macros, exists, ptr */
	bool ignored;              /* behind "all", or a redirect beside it: never evaluated, not
				      counted and not looked up (section 5.1) */
	const char *problem;       /* NULL: fine */
	const struct spf_network *networks; /* of ip4, ip6, a, mx */
	size_t n_networks;
	enum spf_result error_v4, error_v6; /* what evaluating it comes to for a client of that
					       family: SPF_NONE (no error), temperror, permerror */
	struct spf_record *child;           /* of include and redirect; NULL otherwise */
	unsigned void_v4, void_v6; /* void lookups it makes itself for a client of that family */
};

struct spf_record {
	const char *domain;    /* as asked */
	const char *canonical; /* where a CNAME led: the owner of the record */
	const char *text;      /* the record; NULL: there is none */
	const char *const
	    *texts; /* all records that begin with v=spf1: more than one is an error */
	size_t n_texts;
	const struct spf_term *terms;
	size_t n_terms;
	const char *problem; /* syntax, several records, lookup failed ... NULL: fine */
	enum spf_result
	    result; /* SPF_PASS: usable; else SPF_NONE, SPF_TEMPERROR or SPF_PERMERROR */
};

struct spf_tree {
	bool pending;
	struct spf_record *root;
	unsigned lookups; /* terms that count, over the whole tree */
	unsigned void_v4, void_v6;
	bool depends;        /* some term depends on the sender, or there are more than can be
				read: use spf_check_host() */
	const char *problem; /* what makes check_host permerror or temperror for some address; void
				lookups of IPv6 clients alone are not told here: see void_v6 */
	enum spf_result result; /* as of root, with the limits of the tree */
};

/* Expand the record of a domain with all it includes, cycles cut. out lives in a. */
void spf_tree_read(const struct dns_view *view, const char *domain, struct arena *a,
		   struct spf_tree *out);

/*
 * What check_host says of an address when the tree does not depend on the sender and stays inside
 * the limits: result and the term that decides. SPF_PERMERROR or SPF_TEMPERROR are returned exactly
 * where evaluation from left to right would meet them. path[0..*n_path) (at most SPF_LOOKUP_LIMIT +
 * 1) gets the records that led there; may be NULL.
 */
enum spf_result spf_tree_find(const struct spf_tree *tree, const struct ip *ip,
			      const struct spf_term **term, const struct spf_record **path,
			      size_t *n_path);

#endif
