/* canary.h - what the venue's own orders are in, by which it is seen to work (`bourse canary`): an
 * instrument that no client is to trade. The gateway counts what is ordered in it apart, so that no
 * figure of what clients do has it in. */
#ifndef CLIENT_CANARY_H
#define CLIENT_CANARY_H

#define CANARY_INSTRUMENT "CANARY-EUR"

#endif
