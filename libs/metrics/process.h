/* process.h - what every process tells of itself: its version, since when it runs, its memory, and
 * how many lines of each level it has logged. */
#ifndef METRICS_PROCESS_H
#define METRICS_PROCESS_H

/* Registers them, once, after log_init(). `version` lives for ever. */
void metrics_process(const char *version);

#endif
