// ldns, for the rdata of types that ZoneFile does not parse itself, and as an oracle in its tests.
#include <ldns/ldns.h>
