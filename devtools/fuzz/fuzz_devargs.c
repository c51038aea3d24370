/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * libFuzzer's target for device arguments: any text is either refused or gives
 * arguments that an interface can be made of.
 */

#include <ctype.h>
#include <errno.h>

#include <rte_ether.h>

#include "rtap_devargs.h"
#include "rtap_uring.h"

#include "fuzz.h"

#define ALL_FEATURES (RTAP_URING_FIXED_BUFFERS | RTAP_URING_FIXED_FILE | RTAP_URING_NOWAIT | \
	RTAP_URING_SKIP_SUCCESS | RTAP_URING_TASKRUN_FLAG)

static void
check_iface(const char iface[IFNAMSIZ])
{
	const size_t len = strnlen(iface, IFNAMSIZ);
	unsigned int nb_percent = 0;

	DEMAND(len > 0 && len < IFNAMSIZ, "%zu bytes", len);
	DEMAND(strcmp(iface, ".") != 0 && strcmp(iface, "..") != 0, "%s", iface);
	for (size_t i = 0; i < len; i++) {
		DEMAND(iface[i] != '/' && iface[i] != ':' && !isspace((unsigned char)iface[i]),
			"byte %zu is %#x", i, iface[i]);
		if (iface[i] != '%')
			continue;
		nb_percent++;
		DEMAND(iface[i + 1] == 'd', "'%%' before %#x", iface[i + 1]);
	}
	DEMAND(nb_percent <= 1, "%u of '%%'", nb_percent);
}

/* No user or group comes out but of its key. */
static void
check_id(const char *text, const char *key, uint32_t id)
{
	DEMAND((strstr(text, key) != NULL) || id == RTAP_NO_ID, "%s%u without key", key, id);
}

static void
check_args(const char *text, const struct rtap_args *args)
{
	check_iface(args->iface);
	DEMAND(args->create || strchr(args->iface, '%') == NULL, "%s", args->iface);
	DEMAND(args->persist <= RTAP_PERSIST_ON, "%d", args->persist);
	check_id(text, RTAP_ARG_OWNER "=", args->owner);
	check_id(text, RTAP_ARG_GROUP "=", args->group);
	DEMAND(!rte_is_multicast_ether_addr(&args->mac), "%#x", args->mac.addr_bytes[0]);
	DEMAND((args->without & ~ALL_FEATURES) == 0, "%#x", args->without);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtap_args args;
	char *text = strndup((const char *)data, size);
	int ret;

	if (text == NULL)
		abort();
	memset(&args, 0xa5, sizeof(args));
	ret = rtap_devargs_parse(&args, text);
	DEMAND(ret == 0 || ret == -EINVAL, "%d", ret);
	if (ret == 0)
		check_args(text, &args);
	free(text);
	return 0;
}
