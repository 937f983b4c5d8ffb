// SPDX-License-Identifier: GPL-2.0-or-later
/* Files and times for "trustgate check": PEM or DER into items, text into seconds. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "check.h"

struct bytes {
	uint8_t *data;
	size_t len, room;
};

/* At least one octet more than what is there; -errno. */
static int more_room(struct bytes *b)
{
	size_t room = b->room ? b->room * 2 : 65536;
	uint8_t *data;

	if (b->len < b->room)
		return 0;
	if (b->room >= CHECK_FILE_MAX)
		return -EFBIG;
	data = realloc(b->data, room);
	if (!data)
		return -ENOMEM;
	b->data = data;
	b->room = room;
	return 0;
}

static int read_all(int fd, struct bytes *b)
{
	struct stat st;
	int rc;

	/* A device or a directory would be read for ever, or not at all. */
	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISREG(st.st_mode) && st.st_size > CHECK_FILE_MAX)
		return -EFBIG;
	if (S_ISREG(st.st_mode) && st.st_size > 0) {
		b->room = (size_t)st.st_size + 1;
		b->data = malloc(b->room);
		if (!b->data)
			return -ENOMEM;
	}
	for (;;) {
		ssize_t n;

		rc = more_room(b);
		if (rc)
			return rc;
		n = read(fd, b->data + b->len, b->room - b->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		b->len += (size_t)n;
	}
}

static int read_file(const char *path, struct bytes *b)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
	int rc;

	memset(b, 0, sizeof(*b));
	if (fd < 0)
		return -errno;
	rc = read_all(fd, b);
	if (fd != STDIN_FILENO)
		close(fd);
	if (!rc)
		return 0;
	free(b->data);
	return rc;
}

/* Takes @data, which came from malloc(). */
static int append(struct check_items *items, uint8_t *data, size_t len)
{
	struct pki_der *item;

	if (items->n == CHECK_ITEMS_MAX) {
		free(data);
		return -E2BIG;
	}
	item = realloc(items->item, (items->n + 1) * sizeof(*item));
	if (!item) {
		free(data);
		return -ENOMEM;
	}
	item[items->n] = (struct pki_der){ data, len };
	items->item = item;
	items->n++;
	return 0;
}

static bool is_pem(const struct bytes *b)
{
	static const char begin[] = "-----BEGIN ";

	/* What we read as DER is a SEQUENCE of more than 127 octets. */
	if (b->len > 1 && b->data[0] == 0x30 && b->data[1] & 0x80)
		return false;
	return b->len && memmem(b->data, b->len, begin, sizeof(begin) - 1);
}

static bool label_is(const char *name, const char *label)
{
	/* An older name of the same, which OpenSSL still reads. */
	return !strcmp(name, label) || (!strncmp(name, "X509 ", 5) && !strcmp(name + 5, label));
}

/* One block. 1: there may be another, 0: the end, -errno. */
static int pem_block(BIO *bio, const char *label, struct check_items *items)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	uint8_t *copy;
	long len = 0;
	int rc = 1;

	if (PEM_read_bio(bio, &name, &header, &data, &len) != 1) {
		unsigned long e = ERR_peek_last_error();

		ERR_clear_error();
		if (ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE)
			return 0;
		/* A block that is broken stands for itself: no parser takes it. */
		rc = append(items, NULL, 0);
		return rc ? rc : 1;
	}
	if (label_is(name, label)) {
		copy = malloc((size_t)len + 1);
		rc = -ENOMEM;
		if (copy) {
			memcpy(copy, data, (size_t)len);
			rc = append(items, copy, (size_t)len);
		}
		rc = rc ? rc : 1;
	}
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	return rc;
}

static int add_pem(const struct bytes *b, const char *label, struct check_items *items)
{
	BIO *bio = BIO_new_mem_buf(b->data, (int)b->len);
	int rc = bio ? 1 : -ENOMEM;

	while (rc == 1)
		rc = pem_block(bio, label, items);
	BIO_free(bio);
	return rc;
}

int check_load(const char *path, const char *label, struct check_items *items)
{
	size_t before = items->n;
	char why[64];
	struct bytes b;
	int rc = read_file(path, &b);

	if (!rc && is_pem(&b)) {
		rc = add_pem(&b, label, items);
		free(b.data);
	} else if (!rc) {
		rc = append(items, b.data, b.len);
	}
	if (rc) {
		complain(path, strerror(-rc), rc == -ENOMEM ? "free memory and try again" :
			 "give a readable file, PEM or DER");
		return EXIT_USAGE;
	}
	if (items->n == before) {
		snprintf(why, sizeof(why), "holds no %s", label);
		complain(path, why, "give a file that does, PEM or DER");
		return EXIT_USAGE;
	}
	return 0;
}

int check_load_one(const char *path, const char *label, struct check_items *items)
{
	size_t before = items->n;
	char why[80];
	int rc = check_load(path, label, items);

	if (rc || items->n == before + 1)
		return rc;
	snprintf(why, sizeof(why), "holds %zu of %s", items->n - before, label);
	complain(path, why, "give a file with exactly one");
	return EXIT_USAGE;
}

void check_items_free(struct check_items *items)
{
	for (size_t i = 0; i < items->n; i++)
		free((uint8_t *)items->item[i].data);
	free(items->item);
	memset(items, 0, sizeof(*items));
}

/* @n digits of a value from @min to @max; advances *@s. */
static int digits(const char **s, int n, int min, int max, int *out)
{
	*out = 0;
	for (int i = 0; i < n; i++, (*s)++) {
		if (!isdigit((unsigned char)**s))
			return -EINVAL;
		*out = *out * 10 + (**s - '0');
	}
	return *out < min || *out > max ? -EINVAL : 0;
}

static int one_of(const char **s, const char *set)
{
	if (!**s || !strchr(set, **s))
		return -EINVAL;
	(*s)++;
	return 0;
}

/* "Z", or an offset from it; RFC 3339 5.6. */
static int parse_offset(const char *s, int *seconds)
{
	int sign, hours, minutes;

	*seconds = 0;
	if ((*s == 'Z' || *s == 'z') && !s[1])
		return 0;
	sign = *s == '-' ? -1 : 1;
	if (one_of(&s, "+-") || digits(&s, 2, 0, 23, &hours) || one_of(&s, ":") ||
	    digits(&s, 2, 0, 59, &minutes) || *s)
		return -EINVAL;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return 0;
}

static int parse_rfc3339(const char *s, time_t *t)
{
	struct tm tm = { 0 }, again;
	int offset, year, month;

	if (digits(&s, 4, 0, 9999, &year) || one_of(&s, "-") ||
	    digits(&s, 2, 1, 12, &month) || one_of(&s, "-") ||
	    digits(&s, 2, 1, 31, &tm.tm_mday) || one_of(&s, "Tt ") ||
	    digits(&s, 2, 0, 23, &tm.tm_hour) || one_of(&s, ":") ||
	    digits(&s, 2, 0, 59, &tm.tm_min) || one_of(&s, ":") ||
	    digits(&s, 2, 0, 60, &tm.tm_sec))
		return -EINVAL;
	if (*s == '.') {
		s++;
		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		s += strspn(s, "0123456789");
	}
	if (parse_offset(s, &offset))
		return -EINVAL;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	again = tm;
	*t = timegm(&again);
	/* The 31st of a month that has 30 days. */
	if (again.tm_mday != tm.tm_mday && tm.tm_sec != 60)
		return -EINVAL;
	*t -= offset;
	return 0;
}

int check_time(const char *s, time_t *t)
{
	long long v;
	char *end;

	if (*s != '@')
		return parse_rfc3339(s, t);
	s++;
	if (!isdigit((unsigned char)s[*s == '-']))
		return -EINVAL;
	errno = 0;
	v = strtoll(s, &end, 10);
	/* From the year 0 to 9999. */
	if (errno || *end || v < -62167219200 || v > 253402300799)
		return -EINVAL;
	*t = (time_t)v;
	return 0;
}

int check_at(const char *s, time_t *t)
{
	if (!s) {
		*t = time(NULL);
		return 0;
	}
	if (check_time(s, t))
		return usage_error(*s ? s : "--at", "not a time, as 2026-09-21T14:13:20Z or @1790000000");
	return 0;
}

const char *check_time_text(char *buf, size_t len, int64_t t)
{
	time_t seconds = t;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(buf, len, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(buf, len, "@%lld", (long long)t);
	return buf;
}
