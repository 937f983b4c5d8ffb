// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes what this charon says in IKE_AUTH, before it is encrypted: what a peer that
 * does not play by the rules would send. %s.plugins.tg-tamper.file holds one word, read
 * for each message; without it nothing is changed.
 *
 *	auth	one bit of AUTH
 *	nocert	no CERT
 *	noauth	no AUTH
 *	twice	AUTH twice
 *	long	an INTEGRITY_INFO of one octet too many
 *	two	two of them
 */
#include <stdio.h>
#include <string.h>

#include <daemon.h>
#include <encoding/payloads/auth_payload.h>
#include <plugins/plugin.h>

typedef struct private_tamper_t private_tamper_t;

struct private_tamper_t {
	plugin_t plugin;
	listener_t listener;
};

plugin_t *tg_tamper_plugin_create(void);

/* strongSwan 6.0.3 and later load no plugin of another version than their own. */
extern const char *tg_tamper_plugin_version;
const char *tg_tamper_plugin_version = VERSION;

static void read_mode(char mode[16])
{
	char *path = lib->settings->get_str(lib->settings, "%s.plugins.tg-tamper.file", NULL,
					    lib->ns);
	FILE *f = path ? fopen(path, "re") : NULL;

	if (!f || fscanf(f, "%15s", mode) != 1)
		strcpy(mode, "none");
	if (f)
		fclose(f);
}

static void drop(message_t *message, payload_type_t type)
{
	enumerator_t *enumerator = message->create_payload_enumerator(message);
	payload_t *payload;

	while (enumerator->enumerate(enumerator, &payload)) {
		if (payload->get_type(payload) != type)
			continue;
		message->remove_payload_at(message, enumerator);
		payload->destroy(payload);
	}
	enumerator->destroy(enumerator);
}

static auth_payload_t *copy(auth_payload_t *auth)
{
	auth_payload_t *more = auth_payload_create();

	more->set_auth_method(more, auth->get_auth_method(auth));
	more->set_data(more, auth->get_data(auth));
	return more;
}

/* Documentation/integrity-info.rst: 48320, 1500 octets at most. */
static void add_info(message_t *message, size_t len)
{
	chunk_t data = chunk_alloc(len);

	memset(data.ptr, 0xa5, len);
	message->add_notify(message, false, (notify_type_t)48320, data);
	chunk_free(&data);
}

static void change(message_t *message, const char *mode)
{
	auth_payload_t *auth = (auth_payload_t *)message->get_payload(message, PLV2_AUTH);
	chunk_t data;

	if (!strcmp(mode, "auth") && auth) {
		data = chunk_clone(auth->get_data(auth));
		data.ptr[data.len - 1] ^= 1;
		auth->set_data(auth, data);
		chunk_free(&data);
	} else if (!strcmp(mode, "nocert")) {
		drop(message, PLV2_CERTIFICATE);
	} else if (!strcmp(mode, "noauth")) {
		drop(message, PLV2_AUTH);
	} else if (!strcmp(mode, "long") && auth) {
		add_info(message, 1501);
	} else if (!strcmp(mode, "two") && auth) {
		add_info(message, 32);
		add_info(message, 32);
	} else if (!strcmp(mode, "twice") && auth) {
		message->add_payload(message, (payload_t *)copy(auth));
	}
}

METHOD(listener_t, message, bool, private_tamper_t *this, ike_sa_t *ike_sa, message_t *message,
       bool incoming, bool plain)
{
	char mode[16];

	(void)this;
	(void)ike_sa;
	if (incoming || !plain || message->get_exchange_type(message) != IKE_AUTH)
		return TRUE;
	read_mode(mode);
	change(message, mode);
	return TRUE;
}

METHOD(plugin_t, get_name, char *, private_tamper_t *this)
{
	(void)this;
	return "tg-tamper";
}

static bool be_heard(private_tamper_t *this, plugin_feature_t *feature, bool reg, void *data)
{
	(void)feature;
	(void)data;
	if (reg)
		charon->bus->add_listener(charon->bus, &this->listener);
	else
		charon->bus->remove_listener(charon->bus, &this->listener);
	return TRUE;
}

METHOD(plugin_t, get_features, int, private_tamper_t *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK((plugin_feature_callback_t)be_heard, NULL),
			PLUGIN_PROVIDE(CUSTOM, "tg-tamper"),
	};

	(void)this;
	*features = f;
	return countof(f);
}

METHOD(plugin_t, destroy, void, private_tamper_t *this)
{
	free(this);
}

plugin_t *tg_tamper_plugin_create(void)
{
	private_tamper_t *this;

	INIT(this,
		.plugin = {
			.get_name = _get_name,
			.get_features = _get_features,
			.destroy = _destroy,
		},
		.listener = {
			.message = _message,
		},
	);
	return &this->plugin;
}
