#include "gateway/ending.h"

#include "gateway/answers.h"
#include "gateway/streams.h"

void ending_of_waiting(struct gateway *gateway)
{
    sender_stop(gateway->sender);
    answers_stop(gateway->answers);
    streams_free(gateway->streams); /* nobody adds to them any more */
    progress_stop(gateway->progress);
    answers_free(gateway->answers);
    sender_free(gateway->sender);
}
