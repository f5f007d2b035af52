#include "fiber.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

enum { STACK_SIZE = 1 << 20, SPARE_MAX = 32 };

struct fiber {
    ucontext_t context, resumer;
    void (*run)(void *argument);
    void *argument;
    void *stack;
    bool ended;
#ifdef __SANITIZE_ADDRESS__
    const void *resumer_stack;
    size_t resumer_stack_size;
#endif
#ifdef __SANITIZE_THREAD__
    void *tsan, *tsan_resumer;
#endif
};

static struct fiber *running;
static void *spare[SPARE_MAX]; /* stacks to be used again, their pages warm */
static size_t spare_count;

/* The sanitizers want to be told of every change of stack, before and after. */
static void before_switch(struct fiber *fiber, bool into, void **ret_fake)
{
    (void)fiber;
    (void)into;
    (void)ret_fake;
#ifdef __SANITIZE_ADDRESS__
    if (into)
        __sanitizer_start_switch_fiber(ret_fake, fiber->stack, STACK_SIZE);
    else
        __sanitizer_start_switch_fiber(fiber->ended ? NULL : ret_fake, fiber->resumer_stack,
                                       fiber->resumer_stack_size);
#endif
#ifdef __SANITIZE_THREAD__
    __tsan_switch_to_fiber(into ? fiber->tsan : fiber->tsan_resumer, 0);
#endif
}

static void after_switch(struct fiber *fiber, bool inside, void *fake)
{
    (void)fiber;
    (void)inside;
    (void)fake;
#ifdef __SANITIZE_ADDRESS__
    if (inside)
        __sanitizer_finish_switch_fiber(fake, &fiber->resumer_stack, &fiber->resumer_stack_size);
    else
        __sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

static void enter(void)
{
    struct fiber *fiber = running;
    after_switch(fiber, true, NULL);
    fiber->run(fiber->argument);
    fiber->ended = true;
    fiber_yield();
}

static void *stack_take(void)
{
    if (spare_count > 0)
        return spare[--spare_count];
    void *stack =
        mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED);
    return stack;
}

static void stack_give(void *stack)
{
    if (spare_count < SPARE_MAX)
        spare[spare_count++] = stack;
    else
        CHECK(munmap(stack, STACK_SIZE) == 0);
}

struct fiber *fiber_new(void (*run)(void *argument), void *argument)
{
    struct fiber *fiber = calloc(1, sizeof *fiber);
    CHECK(fiber != NULL);
    fiber->run = run;
    fiber->argument = argument;
    fiber->stack = stack_take();
#ifdef __SANITIZE_THREAD__
    fiber->tsan = __tsan_create_fiber(0);
#endif
    CHECK(getcontext(&fiber->context) == 0);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = STACK_SIZE;
    makecontext(&fiber->context, enter, 0);
    return fiber;
}

void fiber_free(struct fiber *fiber)
{
    if (fiber == NULL)
        return;
    CHECK(fiber->ended);
    stack_give(fiber->stack);
#ifdef __SANITIZE_THREAD__
    __tsan_destroy_fiber(fiber->tsan);
#endif
    free(fiber);
}

void fiber_resume(struct fiber *fiber)
{
    void *fake = NULL;
    CHECK(running == NULL && !fiber->ended);
    running = fiber;
#ifdef __SANITIZE_THREAD__
    fiber->tsan_resumer = __tsan_get_current_fiber();
#endif
    before_switch(fiber, true, &fake);
    CHECK(swapcontext(&fiber->resumer, &fiber->context) == 0);
    after_switch(fiber, false, fake);
    running = NULL;
}

void fiber_yield(void)
{
    struct fiber *fiber = running;
    void *fake = NULL;
    CHECK(fiber != NULL);
    before_switch(fiber, false, &fake);
    CHECK(swapcontext(&fiber->context, &fiber->resumer) == 0);
    after_switch(fiber, true, fake);
}

bool fiber_ended(const struct fiber *fiber)
{
    return fiber->ended;
}

struct fiber *fiber_running(void)
{
    return running;
}
