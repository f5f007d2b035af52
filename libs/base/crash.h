/* crash.h - named places at which a test ends or stops the process.
 *
 * BOURSE_CRASH_AT=point:n kills the process with SIGKILL when one of its threads comes to that
 * place for the n-th time: no destructor runs, nothing is flushed. point:n:stop sends SIGSTOP
 * instead, to make a zombie that SIGCONT wakes up. Builds with -DBOURSE_CRASH_POINTS=ON have the
 * places; in all others, releases above all, CRASH_POINT is nothing.
 *
 * Thread   any.
 */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

#ifdef BOURSE_CRASH_POINTS
#define CRASH_POINT(name) crash_point(name)
/* Called by CRASH_POINT only. */
void crash_point(const char *name);
#else
#define CRASH_POINT(name) ((void)0)
#endif

#endif
