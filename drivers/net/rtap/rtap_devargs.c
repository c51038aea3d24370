/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The net_rtap authors
 */

/*
 * Owns the device arguments: one table of keys, one rule a key. Whatever does
 * not fit is refused here, before anything has been opened.
 */

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ether.h>
#include <rte_kvargs.h>
#include <rte_string_fns.h>

#include "rtap_devargs.h"
#include "rtap_log.h"
#include "rtap_uring.h"

#define DEFAULT_IFACE "rtap%d"

/* Bytes of an entry of the databases of users and groups. */
#define MIN_ENTRY_LEN 1024
#define MAX_ENTRY_LEN 1048576

/* The kernel's own rules for names (dev_valid_name), and those for its "%d". */
static bool
is_valid_iface(const char *name)
{
	const char *percent = strchr(name, '%');

	if (name[0] == '\0' || strlen(name) >= IFNAMSIZ)
		return false;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	/* In net.ipv4.conf these stand for all interfaces, and for those to come. */
	if (strcmp(name, "all") == 0 || strcmp(name, "default") == 0)
		return false;
	for (const char *c = name; *c != '\0'; c++) {
		if (*c == '/' || *c == ':' || isspace((unsigned char)*c))
			return false;
	}
	return percent == NULL || (percent[1] == 'd' && strchr(percent + 1, '%') == NULL);
}

static int
parse_iface(struct rtap_args *args, const char *value)
{
	if (value == NULL || !is_valid_iface(value))
		return -EINVAL;
	strlcpy(args->iface, value, sizeof(args->iface));
	return 0;
}

/* A key alone means yes. */
static int
parse_bool(const char *value, bool *is_on)
{
	if (value != NULL && strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
		return -EINVAL;
	*is_on = value == NULL || value[0] == '1';
	return 0;
}

static int
parse_create(struct rtap_args *args, const char *value)
{
	return parse_bool(value, &args->create);
}

static int
parse_persist(struct rtap_args *args, const char *value)
{
	bool is_on;
	int ret = parse_bool(value, &is_on);

	if (ret == 0)
		args->persist = is_on ? RTAP_PERSIST_ON : RTAP_PERSIST_OFF;
	return ret;
}

/*
 * Looks a name up with a buffer of so many bytes: 0 and the number, or a negative errno,
 * which is -ENOENT if there is nobody of that name.
 */
typedef int (*find_id)(const char *name, char *buf, size_t size, uint32_t *id);

/* Some systems say so in other ways than by finding nothing. */
static int
lookup_result(int err, const void *result)
{
	switch (err) {
	case 0:
		return result != NULL ? 0 : -ENOENT;
	case ESRCH:
	case EBADF:
	case EPERM:
		return -ENOENT;
	default:
		return -err;
	}
}

static int
find_user(const char *name, char *buf, size_t size, uint32_t *id)
{
	struct passwd entry;
	struct passwd *result = NULL;
	int ret = getpwnam_r(name, &entry, buf, size, &result);

	ret = lookup_result(ret, result);
	if (ret == 0)
		*id = entry.pw_uid;
	return ret;
}

static int
find_group(const char *name, char *buf, size_t size, uint32_t *id)
{
	struct group entry;
	struct group *result = NULL;
	int ret = getgrnam_r(name, &entry, buf, size, &result);

	ret = lookup_result(ret, result);
	if (ret == 0)
		*id = entry.gr_gid;
	return ret;
}

/* The entry of a group has all of its members: only a try tells how long it is. */
static int
look_up(find_id find, const char *name, uint32_t *id)
{
	int ret = -ERANGE;

	for (size_t size = MIN_ENTRY_LEN; size <= MAX_ENTRY_LEN && ret == -ERANGE; size *= 2) {
		char *buf = malloc(size);

		if (buf == NULL)
			return -ENOMEM;
		ret = find(name, buf, size, id);
		free(buf);
	}
	return ret;
}

/* Digits are a number, whatever users are called, as they are for ip-tuntap(8). */
static int
parse_id(const char *value, find_id find, uint32_t *id)
{
	unsigned long long number;
	int ret;

	if (value == NULL || value[0] == '\0')
		return -EINVAL;
	if (value[strspn(value, "0123456789")] == '\0') {
		errno = 0;
		number = strtoull(value, NULL, 10);
		if (errno != 0 || number >= RTAP_NO_ID)
			return -EINVAL;
		*id = number;
		return 0;
	}

	ret = look_up(find, value, id);
	if (ret == -ENOENT || (ret == 0 && *id == RTAP_NO_ID))
		return -EINVAL;
	if (ret < 0)
		PMD_LOG_ERRNO(ERR, -ret, "cannot look up '%s'", value);
	return ret;
}

static int
parse_owner(struct rtap_args *args, const char *value)
{
	return parse_id(value, find_user, &args->owner);
}

static int
parse_group(struct rtap_args *args, const char *value)
{
	return parse_id(value, find_group, &args->group);
}

static int
parse_mac(struct rtap_args *args, const char *value)
{
	if (value == NULL || rte_ether_unformat_addr(value, &args->mac) < 0 ||
			!rte_is_valid_assigned_ether_addr(&args->mac))
		return -EINVAL;
	return 0;
}

static int
parse_napi(struct rtap_args *args, const char *value)
{
	return parse_bool(value, &args->napi);
}

static int
parse_uso(struct rtap_args *args, const char *value)
{
	return parse_bool(value, &args->uso);
}

const struct rtap_name rtap_devargs_features[] = {
	{ RTAP_URING_FIXED_BUFFERS, "buffers" },
	{ RTAP_URING_FIXED_FILE, "file" },
	{ RTAP_URING_NOWAIT, "nowait" },
	{ RTAP_URING_SKIP_SUCCESS, "skip" },
	{ RTAP_URING_TASKRUN_FLAG, "taskrun" },
	{ 0, NULL },
};

/* Feature of the name that ends at '+' or at the end of the text, or 0. */
static unsigned int
find_feature(const char *name)
{
	size_t len = strcspn(name, "+");

	for (const struct rtap_name *n = rtap_devargs_features; n->name != NULL; n++) {
		if (strlen(n->name) == len && strncmp(name, n->name, len) == 0)
			return n->bit;
	}
	return 0;
}

static int
parse_without(struct rtap_args *args, const char *value)
{
	while (value != NULL) {
		unsigned int feature = find_feature(value);

		if (feature == 0)
			return -EINVAL;
		args->without |= feature;
		value = strchr(value, '+');
		if (value == NULL)
			return 0;
		value++;
	}
	return -EINVAL;
}

static const struct {
	const char *key;
	const char *rule;
	int (*parse)(struct rtap_args *args, const char *value);
} known_args[] = {
	{
		.key = RTAP_ARG_IFACE,
		.rule = "1 to 15 characters without blank, '/' and ':', at most one \"%d\", "
			"neither \"all\" nor \"default\"",
		.parse = parse_iface,
	},
	{
		.key = RTAP_ARG_CREATE,
		.rule = "0, 1, or no value, which is 1",
		.parse = parse_create,
	},
	{
		.key = RTAP_ARG_PERSIST,
		.rule = "0, 1, or no value, which is 1",
		.parse = parse_persist,
	},
	{
		.key = RTAP_ARG_OWNER,
		.rule = "the name or the number of a user of this system",
		.parse = parse_owner,
	},
	{
		.key = RTAP_ARG_GROUP,
		.rule = "the name or the number of a group of this system",
		.parse = parse_group,
	},
	{
		.key = RTAP_ARG_MAC,
		.rule = "a unicast address such as 02:00:00:00:00:01",
		.parse = parse_mac,
	},
	{
		.key = RTAP_ARG_NAPI,
		.rule = "0, 1, or no value, which is 1",
		.parse = parse_napi,
	},
	{
		.key = RTAP_ARG_USO,
		.rule = "0, 1, or no value, which is 1",
		.parse = parse_uso,
	},
	{
		.key = RTAP_ARG_WITHOUT,
		.rule = "some of buffers, file, nowait, skip and taskrun, joined by '+'",
		.parse = parse_without,
	},
};

static int
parse_pair(struct rtap_args *args, const char *key, const char *value)
{
	int ret;

	for (unsigned int i = 0; i < RTE_DIM(known_args); i++) {
		if (strcmp(key, known_args[i].key) != 0)
			continue;
		ret = known_args[i].parse(args, value);
		if (ret == -EINVAL)
			PMD_LOG(ERR, "invalid device argument %s=%s, it takes %s", key,
				value == NULL ? "" : value, known_args[i].rule);
		return ret;
	}
	PMD_LOG(ERR, "unknown device argument %s=%s", key, value == NULL ? "" : value);
	return -EINVAL;
}

/* What no value alone can tell. */
static int
check_together(const struct rtap_args *args)
{
	if (args->create || strchr(args->iface, '%') == NULL)
		return 0;
	PMD_LOG(ERR, "device argument %s=0 needs %s with the name of an interface, not '%s'",
		RTAP_ARG_CREATE, RTAP_ARG_IFACE, args->iface);
	return -EINVAL;
}

int
rtap_devargs_parse(struct rtap_args *args, const char *text)
{
	struct rte_kvargs *list;
	int ret = 0;

	memset(args, 0, sizeof(*args));
	strlcpy(args->iface, DEFAULT_IFACE, sizeof(args->iface));
	args->create = true;
	args->owner = RTAP_NO_ID;
	args->group = RTAP_NO_ID;
	if (text == NULL || text[0] == '\0')
		return 0;

	list = rte_kvargs_parse(text, NULL);
	if (list == NULL) {
		PMD_LOG(ERR, "cannot make out the device arguments '%s'", text);
		return -EINVAL;
	}
	for (unsigned int i = 0; i < list->count && ret == 0; i++) {
		const struct rte_kvargs_pair *pair = &list->pairs[i];

		if (rte_kvargs_count(list, pair->key) > 1) {
			PMD_LOG(ERR, "device argument %s=%s is given more than once", pair->key,
				pair->value == NULL ? "" : pair->value);
			ret = -EINVAL;
		} else {
			ret = parse_pair(args, pair->key, pair->value);
		}
	}
	rte_kvargs_free(list);
	return ret < 0 ? ret : check_together(args);
}
