#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

socklen_t zc_to_sockaddr(const struct zc_address *address, struct sockaddr_storage *storage) {
    memset(storage, 0, sizeof *storage);
    if (address->family == ZC_IPV4) {
        struct sockaddr_in *in = (struct sockaddr_in *)storage;
        in->sin_family = AF_INET;
        in->sin_port = htons(address->port);
        memcpy(&in->sin_addr, address->address, 4);
        return sizeof *in;
    }
    if (address->family == ZC_IPV6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(address->port);
        in6->sin6_scope_id = address->scope;
        memcpy(&in6->sin6_addr, address->address, 16);
        return sizeof *in6;
    }
    return 0;
}

void zc_from_sockaddr(const struct sockaddr_storage *storage, struct zc_address *address) {
    memset(address, 0, sizeof *address);
    if (storage->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)storage;
        address->family = ZC_IPV4;
        address->port = ntohs(in->sin_port);
        memcpy(address->address, &in->sin_addr, 4);
    } else if (storage->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)storage;
        address->family = ZC_IPV6;
        address->port = ntohs(in6->sin6_port);
        address->scope = in6->sin6_scope_id;
        memcpy(address->address, &in6->sin6_addr, 16);
    }
}

int zc_address_parse(const char *text, struct zc_address *address) {
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, address->address) == 1) {
        address->family = ZC_IPV4;
        return 0;
    }
    char bare[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "%");
    if (length >= sizeof bare)
        return -EINVAL;
    memcpy(bare, text, length);
    bare[length] = 0;
    if (inet_pton(AF_INET6, bare, address->address) != 1)
        return -EINVAL;
    address->family = ZC_IPV6;
    if (text[length] == '%') {
        address->scope = if_nametoindex(text + length + 1);
        if (address->scope == 0)
            return -EINVAL;
    }
    return 0;
}

void zc_address_text(const struct zc_address *address, char text[64]) {
    text[0] = 0;
    if (address->family == ZC_IPV4) {
        inet_ntop(AF_INET, address->address, text, 64);
    } else if (address->family == ZC_IPV6) {
        inet_ntop(AF_INET6, address->address, text, 64);
        size_t length = strlen(text);
        char name[IF_NAMESIZE];
        if (address->scope != 0 && if_indextoname(address->scope, name) != NULL)
            snprintf(text + length, 64 - length, "%%%s", name);
    }
}
