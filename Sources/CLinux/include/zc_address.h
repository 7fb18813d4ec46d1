// An IP address and a port, of either family.

#ifndef ZC_ADDRESS_H
#define ZC_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

enum { ZC_IPV4 = 4, ZC_IPV6 = 6 };

/// An endpoint. An IPv4 address takes the first four octets of `address`; the rest are zero.
struct zc_address {
    uint8_t family;  // ZC_IPV4, ZC_IPV6, or 0 for "none"
    uint16_t port;   // host order
    uint32_t scope;  // the interface's index of a link-local IPv6 address, else 0
    uint8_t address[16];
};

/// Reads an address without a port, such as 192.0.2.1, 2001:db8::1 or fe80::1%eth0: 0, or -EINVAL.
int zc_address_parse(const char *text, struct zc_address *address);

/// Writes the address without its port as text, at most 63 characters and a zero.
void zc_address_text(const struct zc_address *address, char text[64]);

#endif
