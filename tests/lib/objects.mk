# SPDX-License-Identifier: GPL-2.0-or-later
#
# A source that several tests are linked from is compiled once for all of them:
# $(call objects,SOURCES) are its objects. Wants TOP, OUTPUT and SANFLAGS; to be
# included behind the first target. A test that needs other flags compiles its own.
OBJDIR := $(abspath $(OUTPUT)/../objects$(if $(SANFLAGS),-san)$(if $(FUZZER),-$(CC)))
TREE := $(abspath $(TOP))
OBJ_PKGS := libcrypto libcurl libpq tss2-esys
OBJ_CFLAGS := -std=gnu11 -O1 -g -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wno-missing-field-initializers $(SANFLAGS) \
	-D_GNU_SOURCE= -I$(TREE)/userspace -I$(TREE)/include/uapi -I$(TREE)/tests \
	$(shell pkg-config --cflags $(OBJ_PKGS))
objects = $(patsubst $(TREE)/%.c,$(OBJDIR)/%.o,$(abspath $(1)))

# Under another name first: two directories may be at it side by side.
$(OBJDIR)/%.o: $(TREE)/%.c $(TREE)/tests/lib/objects.mk
	@mkdir -p $(@D)
	@$(CC) $(OBJ_CFLAGS) -MMD -MP -MT $@ -MF $@.$$$$.d -c -o $@.$$$$ $< && \
		mv $@.$$$$.d $(@:.o=.d) && mv $@.$$$$ $@

-include $(shell find $(OBJDIR) -name '*.d' 2>/dev/null)
