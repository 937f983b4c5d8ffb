// SPDX-License-Identifier: GPL-2.0-or-later
#include "trustgate_told.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

typedef struct private_trustgate_told_t private_trustgate_told_t;

struct private_trustgate_told_t {
	trustgate_told_t public;
	mutex_t *mutex;
	/* ID -> generation, both as pointers */
	hashtable_t *ids;
};

static void *as_pointer(uint32_t number)
{
	return (void *)(uintptr_t)number;
}

METHOD(trustgate_told_t, mark, void, private_trustgate_told_t *this, uint32_t id,
       uint32_t generation)
{
	this->mutex->lock(this->mutex);
	this->ids->put(this->ids, as_pointer(id), as_pointer(generation));
	this->mutex->unlock(this->mutex);
}

METHOD(trustgate_told_t, check, bool, private_trustgate_told_t *this, uint32_t id,
       uint32_t generation)
{
	void *found;

	this->mutex->lock(this->mutex);
	found = this->ids->get(this->ids, as_pointer(id));
	this->mutex->unlock(this->mutex);
	return generation && found == as_pointer(generation);
}

METHOD(trustgate_told_t, forget, bool, private_trustgate_told_t *this, uint32_t id,
       uint32_t generation)
{
	void *found;

	this->mutex->lock(this->mutex);
	found = this->ids->remove(this->ids, as_pointer(id));
	this->mutex->unlock(this->mutex);
	return generation && found == as_pointer(generation);
}

METHOD(trustgate_told_t, destroy, void, private_trustgate_told_t *this)
{
	this->ids->destroy(this->ids);
	this->mutex->destroy(this->mutex);
	free(this);
}

trustgate_told_t *trustgate_told_create(void)
{
	private_trustgate_told_t *this;

	INIT(this,
		.public = {
			.mark = _mark,
			.check = _check,
			.forget = _forget,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.ids = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 32),
	);
	return &this->public;
}
