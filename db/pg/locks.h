/*
 * locks.h - private to db/: the advisory locks by which processes take turns.
 */
#ifndef DB_PG_LOCKS_H
#define DB_PG_LOCKS_H

/* Serialises the rebuilding of rollups (exclusive) with loading (shared). */
#define LOCK_ROLLUP "4711001"
/* Bytes in quarantine: who points to them (shared), who drops them (exclusive). The last one taken.
 */
#define LOCK_ASIDE "4711003"
/* One process at a time judges. Taken before all others. */
#define LOCK_JUDGE "4711004"
/* One process at a time makes a partition. */
#define LOCK_PARTITION "4711002"

#endif
