// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_plugin.h"

#include <daemon.h>

#include "trustgate_key.h"
#include "trustgate_link.h"
#include "trustgate_listener.h"

typedef struct private_trustgate_plugin_t private_trustgate_plugin_t;

struct private_trustgate_plugin_t {
	plugin_t public;
	trustgate_link_t *link;
	trustgate_listener_t *listener;
	trustgate_key_t *key;
};

const char *trustgate_plugin_version = VERSION;

METHOD(plugin_t, get_name, char *, private_trustgate_plugin_t *this)
{
	(void)this;
	return "trustgate";
}

static bool plugin_cb(private_trustgate_plugin_t *this, plugin_feature_t *feature, bool reg,
		      void *data)
{
	(void)feature;
	(void)data;
	if (reg) {
		charon->bus->add_listener(charon->bus, &this->listener->listener);
		lib->credmgr->add_set(lib->credmgr, &this->key->set);
		this->link->start(this->link, this->listener->announce, this->listener->staple,
				  this->listener->order, this->listener);
	} else {
		lib->credmgr->remove_set(lib->credmgr, &this->key->set);
		charon->bus->remove_listener(charon->bus, &this->listener->listener);
	}
	return TRUE;
}

METHOD(plugin_t, get_features, int, private_trustgate_plugin_t *this, plugin_feature_t **features)
{
	/* Announcing enumerates the IKE SAs. */
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK((plugin_feature_callback_t)plugin_cb, NULL),
			PLUGIN_PROVIDE(CUSTOM, "trustgate"),
				PLUGIN_DEPENDS(CUSTOM, "libcharon-sa-managers"),
	};

	(void)this;
	*features = f;
	return countof(f);
}

METHOD(plugin_t, destroy, void, private_trustgate_plugin_t *this)
{
	this->key->destroy(this->key);
	this->listener->destroy(this->listener);
	this->link->destroy(this->link);
	free(this);
}

plugin_t *trustgate_plugin_create(void)
{
	private_trustgate_plugin_t *this;

	INIT(this,
		.public = {
			.get_name = _get_name,
			.get_features = _get_features,
			.destroy = _destroy,
		},
	);
	this->link = trustgate_link_create(lib->settings->get_str(lib->settings,
			"%s.plugins.trustgate.socket", TG_WIRE_PATH, lib->ns));
	if (!this->link) {
		free(this);
		return NULL;
	}
	this->listener = trustgate_listener_create(this->link);
	this->key = trustgate_key_create(this->link);
	return &this->public;
}
