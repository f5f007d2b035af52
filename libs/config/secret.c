#include "config/secret.h"

#include <stdlib.h>
#include <string.h>

void secret_init(struct secret *secret, const char *value)
{
    *secret = (struct secret){.value = NULL};
    CHECK(pthread_mutex_init(&secret->lock, NULL) == 0);
    secret_change(secret, value);
}

void secret_free(struct secret *secret)
{
    secret_change(secret, NULL);
    pthread_mutex_destroy(&secret->lock);
}

void secret_change(struct secret *secret, const char *value)
{
    char *copy = value == NULL ? NULL : strdup(value);
    CHECK((copy == NULL) == (value == NULL));
    pthread_mutex_lock(&secret->lock);
    char *old = secret->value;
    secret->value = copy;
    pthread_mutex_unlock(&secret->lock);
    if (old != NULL)
        explicit_bzero(old, strlen(old));
    free(old);
}

bool secret_copy(struct secret *secret, struct buffer *ret_value)
{
    pthread_mutex_lock(&secret->lock);
    bool there = secret->value != NULL;
    if (there)
        buffer_string(ret_value, secret->value);
    pthread_mutex_unlock(&secret->lock);
    return there;
}
