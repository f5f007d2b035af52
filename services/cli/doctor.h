/* doctor.h - what a doctor looks with, and how it says what it sees. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H
#include "cli/cli.h"
#include "cli/init.h"
#include "rights/rights.h"

struct doctor {
    struct config config;
    struct log *log;
    struct db *db;
    struct init_log found; /* what the event partitions begin with */
    int findings;
};

/* Says what is well, or what nothing is to be done about but to know it. */
void doctor_good(const char *format, ...) PRINTF_LIKE(1, 2);
void doctor_note(const char *format, ...) PRINTF_LIKE(1, 2);
/* Says what is wrong, and on a second line what to do. */
void doctor_finding(struct doctor *doctor, const char *fix, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* How often each topic is stored, once it is known that all exist. */
void doctor_look_at_copies(struct doctor *doctor);
/* Who may write which events. */
void doctor_look_at_rules(struct doctor *doctor);
/* Who may do what in a database that `db` is connected to, against the table. */
void doctor_look_at_rights(struct doctor *doctor, struct db *db, enum rights_database database);
/* Until when the gateway's certificate is good, where BOURSE_TLS_CERT_FILE is set. */
void doctor_look_at_certificate(struct doctor *doctor);

#endif
