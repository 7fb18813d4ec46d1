// What the .c files share. Includes system headers, so it must come first in each file that needs _GNU_SOURCE.

#ifndef ZC_INTERNAL_H
#define ZC_INTERNAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <netinet/in.h>
#include <sys/socket.h>

#include "zc_address.h"

socklen_t zc_to_sockaddr(const struct zc_address *address, struct sockaddr_storage *storage);
void zc_from_sockaddr(const struct sockaddr_storage *storage, struct zc_address *address);

#endif
