#include "dns/origin.h"

#include <arpa/inet.h>
#include <libloc/as.h>
#include <libloc/database.h>
#include <libloc/libloc.h>
#include <libloc/network.h>
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

#define LIBLOC_DATABASE "/var/lib/location/database.db"

struct origins {
	bool has_mmdb;
	MMDB_s mmdb;
	struct loc_ctx *loc;
	struct loc_database *database;
	FILE *file;
};

/* ---- MaxMind DB ---- */

static void copy_string(const MMDB_entry_data_s *d, char *out, size_t size)
{
	size_t n = d->data_size < size - 1 ? d->data_size : size - 1;
	memcpy(out, d->utf8_string, n);
	out[n] = '\0';
}

static bool get(MMDB_lookup_result_s *r, MMDB_entry_data_s *d, const char *const *path)
{
	return MMDB_aget_value(&r->entry, d, path) == MMDB_SUCCESS && d->has_data;
}

/* The names differ by vendor: MaxMind and DB-IP use the first of each, IPinfo the second. */
static void find_mmdb(struct origins *o, const struct ip *ip, struct origin *out)
{
	static const char *const number[] = {"autonomous_system_number", NULL};
	static const char *const asn[] = {"asn", NULL};
	static const char *const names[][2] = {{"autonomous_system_organization", NULL},
					       {"as_name", NULL}};
	static const char *const countries[][3] = {{"country", "iso_code", NULL},
						   {"country_code", NULL, NULL}};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	MMDB_entry_data_s d;
	int error;
	memcpy(&v4.sin_addr, ip->b, 4);
	memcpy(&v6.sin6_addr, ip->b, 16);
	const struct sockaddr *address =
	    ip->family == 4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
	MMDB_lookup_result_s r = MMDB_lookup_sockaddr(&o->mmdb, address, &error);
	if (error != MMDB_SUCCESS || !r.found_entry)
		return;
	if (get(&r, &d, number) && d.type == MMDB_DATA_TYPE_UINT32)
		out->asn = d.uint32;
	char text[24] = "";
	if (!out->asn && get(&r, &d, asn) && d.type == MMDB_DATA_TYPE_UTF8_STRING)
		copy_string(&d, text, sizeof text);
	if (strncmp(text, "AS", 2) == 0)
		out->asn = (uint32_t)strtoul(text + 2, NULL, 10);
	for (int i = 0; i < 2; i++) {
		if (!out->name[0] && get(&r, &d, names[i]) && d.type == MMDB_DATA_TYPE_UTF8_STRING)
			copy_string(&d, out->name, sizeof out->name);
		if (!out->country[0] && get(&r, &d, countries[i]) &&
		    d.type == MMDB_DATA_TYPE_UTF8_STRING && d.data_size == 2)
			copy_string(&d, out->country, sizeof out->country);
	}
}

/* ---- libloc ---- */

static void find_loc(struct origins *o, const struct ip *ip, struct origin *out)
{
	struct in6_addr a = {0};
	struct loc_network *network = NULL;
	struct loc_as *as = NULL;
	if (ip->family == 4) { /* ::ffff:192.0.2.1, as libloc keeps IPv4 */
		a.s6_addr[10] = a.s6_addr[11] = 0xff;
		memcpy(a.s6_addr + 12, ip->b, 4);
	} else {
		memcpy(a.s6_addr, ip->b, 16);
	}
	if (loc_database_lookup(o->database, &a, &network) != 0 || !network)
		return;
	const char *country = loc_network_get_country_code(network);
	out->asn = loc_network_get_asn(network);
	if (country && strlen(country) == 2)
		memcpy(out->country, country, 3);
	if (out->asn && loc_database_get_as(o->database, &as, out->asn) == 0 && as) {
		const char *name = loc_as_get_name(as);
		snprintf(out->name, sizeof out->name, "%s", name ? name : "");
		loc_as_unref(as);
	}
	loc_network_unref(network);
}

static void open_loc(struct origins *o)
{
	o->file = fopen(LIBLOC_DATABASE, "re");
	if (!o->file)
		return;
	if (loc_new(&o->loc) != 0 || loc_database_new(o->loc, &o->database, o->file) != 0)
		o->database = NULL;
}

enum status origins_open(const char *mmdb, struct origins **out, struct err *err)
{
	struct origins *o = mem_alloc(sizeof *o);
	*out = NULL;
	if (mmdb) {
		int rc = MMDB_open(mmdb, MMDB_MODE_MMAP, &o->mmdb);
		if (rc != MMDB_SUCCESS) {
			free(o);
			return err_set(err, ST_FATAL, "%s: %s", mmdb, MMDB_strerror(rc));
		}
		o->has_mmdb = true;
	} else {
		open_loc(o);
	}
	if (o->has_mmdb || o->database)
		*out = o;
	else
		origins_close(o);
	return ST_OK;
}

void origins_close(struct origins *o)
{
	if (!o)
		return;
	if (o->has_mmdb)
		MMDB_close(&o->mmdb);
	if (o->database)
		loc_database_unref(o->database);
	if (o->loc)
		loc_unref(o->loc);
	if (o->file)
		fclose(o->file);
	free(o);
}

void origins_find(struct origins *o, const struct ip *ip, struct origin *out)
{
	*out = (struct origin){0};
	if (!o || ip->family == 0)
		return;
	if (o->has_mmdb)
		find_mmdb(o, ip, out);
	else
		find_loc(o, ip, out);
}
