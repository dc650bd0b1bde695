/* SPDX-License-Identifier: MIT */
/* Real limits, each in a child of its own. After every refusal the range is still owned, the cause
 * is named, and once the limit is lifted the same call works. `limits guest` also sets
 * vm.overcommit_memory, which is the machine's: only on a kernel that is ours to spoil. */
#include "vm_test.h"

#include <sys/prctl.h>
#include <sys/resource.h>

static bool guest;

static unsigned long number_after(const char *path, const char *key) {
    char line[256];
    unsigned long number = 0;
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0 && sscanf(line + strlen(key), "%lu", &number) == 1)
            break;
    if (file) fclose(file);
    return number;
}

static size_t own_kilobytes(const char *key) {
    return (size_t)number_after("/proc/self/status", key) * KIB;
}

/* Only the soft limit: who lifts it again need not be root. */
static void limit(int resource, size_t bytes) {
    struct rlimit now;
    MUST(getrlimit(resource, &now) == 0);
    now.rlim_cur = bytes ? bytes : now.rlim_max;
    MUST(setrlimit(resource, &now) == 0);
}

static void must_name(int code, int operation, size_t size, int cause, const char *word) {
    char text[400];
    const int found = hp_vm_why(code, operation, size, text, sizeof text);
    if (found != cause || !strstr(text, word))
        printf("code %d: cause %d, not %d: %s\n", code, found, cause, text);
    MUST(found == cause);
    MUST(strstr(text, word) != 0);
}

static struct hp_vm_region must_reserve(size_t size) {
    struct hp_vm_region region;
    const struct hp_vm_request request = {.size = size};
    MUST(hp_vm_reserve(&request, &region) == 0);
    return region;
}

/* All of it mapped, and nobody else's: what was written is there. */
static void must_be_owned(const struct hp_vm_region *region) {
    for (uintptr_t low = (uintptr_t)region->base, end = low + region->size; low < end;) {
        struct hp_vm_span span;
        MUST(hp_vm_query(0, low, end - low, &span) == 0);
        MUST(span.mapped);
        low = span.high;
    }
    MUST(region->base[0] == 0x3c && region->base[page() - 1] == 0x3c);
}

static struct hp_vm_region must_reserve_and_write(size_t size) {
    struct hp_vm_region region = must_reserve(size);
    MUST(hp_vm_commit(&region, region.base, page(), 0) == 0);
    memset(region.base, 0x3c, page());
    return region;
}

/* ---- RLIMIT_AS ---- */

static void with_little_address_space(void) {
    struct hp_vm_region region, kept = must_reserve_and_write(MIB);
    const struct hp_vm_request all = {.size = GIB}, some = {.size = GIB, .least = 16 * MIB};
    const struct hp_vm_request much = {.size = GIB, .least = 512 * MIB};
    limit(RLIMIT_AS, own_kilobytes("VmSize:") + 127 * MIB);
    MUST(hp_vm_reserve(&all, &region) == -ENOMEM);
    must_name(-ENOMEM, HP_VM_RESERVE, GIB, HP_VM_CAUSE_ADDRESS_LIMIT, "ulimit -v");
    MUST(hp_vm_reserve(&much, &region) == -ENOMEM);
    const struct hp_vm_totals before = totals();
    MUST(hp_vm_reserve(&some, &region) == 0);
    MUST(region.size == 64 * MIB);
    MUST(totals().halved - before.halved == 4);
    MUST(hp_vm_release(&region) == 0);
    must_be_owned(&kept);
    limit(RLIMIT_AS, 0);
    MUST(hp_vm_reserve(&all, &region) == 0 && region.size == GIB);
}

/* Room for the size, and none for what an alignment would have cut off. */
static void align_in_little_address_space(void) {
    struct hp_vm_region region;
    const size_t size = 64 * MIB + page(), align = 64 * MIB;
    const struct hp_vm_request request = {.size = size, .align = align};
    has();
    limit(RLIMIT_AS, own_kilobytes("VmSize:") + 96 * MIB);
    for (int i = 0; i < 3; i++) {
        MUST(hp_vm_reserve(&request, &region) == 0);
        MUST((uintptr_t)region.base % align == 0 && region.size == size);
        MUST(hp_vm_release(&region) == 0);
    }
    limit(RLIMIT_AS, own_kilobytes("VmSize:") + 32 * MIB);
    MUST(hp_vm_reserve(&request, &region) == -ENOMEM);
    must_name(-ENOMEM, HP_VM_RESERVE, size, HP_VM_CAUSE_ADDRESS_LIMIT, "ulimit -v");
}

static void an_alignment_costs_no_limit_more_than_the_size(void **state) {
    (void)state;
    assert_int_equal(in_child(align_in_little_address_space), 0);
}

static void address_space_limit(void **state) {
    (void)state;
    assert_int_equal(in_child(with_little_address_space), 0);
}

/* ---- RLIMIT_DATA ---- */

static void with_little_data(void) {
    struct hp_vm_region region = must_reserve_and_write(512 * MIB);
    unsigned char *at = region.base + 64 * MIB;
    limit(RLIMIT_DATA, own_kilobytes("VmData:") + 8 * MIB);
    struct hp_vm_region more = must_reserve(256 * MIB); /* it bites at commit, not here */
    MUST(hp_vm_commit(&region, at, 64 * MIB, 0) == -ENOMEM);
    must_name(-ENOMEM, HP_VM_COMMIT, 64 * MIB, HP_VM_CAUSE_DATA_LIMIT, "ulimit -d");
    must_be_owned(&region);
    MUST(peek(at) == FAULTS);
    limit(RLIMIT_DATA, 0);
    MUST(hp_vm_commit(&region, at, 64 * MIB, 0) >= 0);
    MUST(at[0] == 0);
    must_be_owned(&region);
    MUST(hp_vm_release(&more) == 0);
}

static void data_limit(void **state) {
    (void)state;
    assert_int_equal(in_child(with_little_data), 0);
}

/* ---- RLIMIT_MEMLOCK ---- */

static void with_little_to_lock(void) {
    struct hp_vm_region region, kept = must_reserve_and_write(MIB);
    const struct hp_vm_request large = {.size = 64 * MIB}, small = {.size = 256 * KIB};
    const struct hp_vm_request some = {.size = 64 * MIB, .least = 64 * KIB};
    const struct rlimit two = {2 * MIB, 2 * MIB};
    has();
    MUST(setrlimit(RLIMIT_MEMLOCK, &two) == 0);
    MUST(setuid(65534) == 0); /* CAP_IPC_LOCK would lift it */
    prctl(PR_SET_DUMPABLE, 1);
    MUST(mlockall(MCL_FUTURE) == 0);
    MUST(hp_vm_reserve(&large, &region) == -EAGAIN);
    must_name(-EAGAIN, HP_VM_RESERVE, 64 * MIB, HP_VM_CAUSE_LOCKED, "ulimit -l");
    MUST(hp_vm_reserve(&small, &region) == 0);
    MUST(hp_vm_commit(&region, region.base, region.size, 0) >= 0);
    memset(region.base, 0x3c, region.size);
    must_be_owned(&region);
    MUST(hp_vm_reserve(&some, &region) == 0 && region.size <= 2 * MIB);
    MUST(munlockall() == 0);
    MUST(hp_vm_reserve(&large, &region) == 0 && region.size == 64 * MIB);
    must_be_owned(&kept);
}

static void locked_memory_limit(void **state) {
    (void)state;
    if (geteuid() != 0) skip();
    assert_int_equal(in_child(with_little_to_lock), 0);
}

/* ---- Probing under a limit: what a single call could have is granted all the same ---- */

static void must_place_a_page(void) {
    struct hp_vm_region region;
    const uintptr_t low = (uintptr_t)1 << 30;
    const struct hp_vm_request within = {.size = page(), .low = low, .high = low + GIB};
    uintptr_t at;
    MUST(hp_vm_find_gap(0, low, low + GIB, page(), 0, &at) == 0);
    hp_vm_forget();
    MUST(hp_vm_place((void *)at, page(), 0, &region) == 0);
    MUST((uintptr_t)region.base == at);
    hp_vm_forget();
    MUST(hp_vm_place((void *)at, page(), 0, &region) == -EEXIST);
    MUST(hp_vm_release(&region) == 0);
    hp_vm_forget();
    MUST(hp_vm_reserve(&within, &region) == 0);
    MUST((uintptr_t)region.base >= low && (uintptr_t)region.base < low + GIB);
    MUST(hp_vm_release(&region) == 0);
}

static void probe_with_little_data(void) {
    struct hp_vm_info info;
    limit(RLIMIT_DATA, MIB);
    must_place_a_page();
    limit(RLIMIT_DATA, page()); /* less than there is: nothing more that can be written */
    must_place_a_page();
    hp_vm_forget();
    MUST(hp_vm_probe(&info) == -ENOMEM);
    limit(RLIMIT_DATA, 0);
    MUST(hp_vm_probe(&info) == 0 && info.has & HP_VM_HAS_ZEROING); /* was not learnt for good */
}

static void probe_with_little_address_space(void) {
    struct hp_vm_info info;
    peek("");
    mappings();
    limit(RLIMIT_AS, own_kilobytes("VmSize:") + 8 * page());
    must_place_a_page();
    hp_vm_forget();
    MUST(hp_vm_probe(&info) == 0);
}

static void probe_with_little_to_lock(void) {
    const struct rlimit two = {2 * page(), 2 * page()};
    struct hp_vm_info info;
    MUST(setrlimit(RLIMIT_MEMLOCK, &two) == 0);
    MUST(setuid(65534) == 0);
    prctl(PR_SET_DUMPABLE, 1);
    MUST(mlockall(MCL_FUTURE) == 0);
    must_place_a_page();
    hp_vm_forget();
    MUST(hp_vm_probe(&info) == -EAGAIN);
}

static void what_is_too_little_to_probe_with_is_enough_to_place_in(void **state) {
    (void)state;
    assert_int_equal(in_child(probe_with_little_data), 0);
    assert_int_equal(in_child(probe_with_little_address_space), 0);
    if (geteuid() == 0) assert_int_equal(in_child(probe_with_little_to_lock), 0);
}

/* ---- vm.max_map_count ---- */

/* Every second page another protection, until the kernel has no mapping left to give. */
static void fill_the_map(void) {
    const size_t p = page(), size = 2 * 70000 * p;
    unsigned char *at =
        mmap(0, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    MUST(at != MAP_FAILED);
    for (size_t i = 1; i < 2 * 70000; i += 2)
        if (mprotect(at + i * p, p, PROT_READ) < 0) break;
    unsigned char *last = mmap(0, p, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    while (last != MAP_FAILED) last = mmap(0, p, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST(errno == ENOMEM);
}

static void with_no_mapping_left(void) {
    struct hp_vm_region region = must_reserve_and_write(16 * MIB);
    struct hp_vm_region whole = must_reserve(MIB);
    unsigned char *at = region.base + 4 * MIB;
    has(); /* who looks at the kernel only later has no mapping to do it with */
    MUST(hp_vm_commit(&region, at, MIB, 0) >= 0);
    memset(at, 0x77, MIB);
    fill_the_map();
    MUST(hp_vm_commit(&region, region.base + 8 * MIB, page(), 0) == -ENOMEM);
    must_name(-ENOMEM, HP_VM_COMMIT, page(), HP_VM_CAUSE_MAPPINGS, "vm.max_map_count");
    MUST(hp_vm_protect(&region, at + 64 * KIB, page(), HP_VM_READ) == -ENOMEM);
    must_be_owned(&region);
    MUST(hp_vm_decommit(&region, at + page(), page(), 0) == 0);
    MUST(at[page()] == 0 && at[0] == 0x77 && at[2 * page()] == 0x77);
    MUST(hp_vm_decommit(&region, at + 4 * page(), page(), HP_VM_REFUND) == HP_VM_NOT_REFUNDED);
    MUST(at[4 * page()] == 0 && at[3 * page()] == 0x77 && at[5 * page()] == 0x77);
    const bool guards = has() & HP_VM_HAS_GUARD;
    const int hard = hp_vm_decommit(&region, at + 6 * page(), page(), HP_VM_HARD);
    MUST(hard == (guards ? 0 : HP_VM_NOT_HARD));
    MUST(peek(at + 6 * page()) == (guards ? FAULTS : 0));
    MUST(hp_vm_guard(&region, at + 8 * page(), page()) == (guards ? 0 : -ENOMEM));
    MUST(hp_vm_commit(&region, at, MIB, 0) >= 0);
    MUST(at[6 * page()] == 0 && at[7 * page()] == 0x77);
    must_be_owned(&region);
    MUST(hp_vm_release(&whole) == 0);
    MUST(hp_vm_release(&region) == 0);
    struct hp_vm_region again = must_reserve_and_write(MIB);
    must_be_owned(&again);
}

static void mapping_limit(void **state) {
    (void)state;
    if (number_after("/proc/sys/vm/max_map_count", "") > 100000) skip();
    assert_int_equal(in_child(with_no_mapping_left), 0);
}

/* Neighbours of one kind are one mapping to the kernel: the middle cannot leave without a split. */
static void with_merged_neighbours(void) {
    struct hp_vm_region region[3];
    unsigned char *at = free_place(3 * MIB + 2 * page()) + page();
    const int kind = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED; /* merges with none of ours */
    MUST(mmap(at - page(), page(), PROT_READ, kind, -1, 0) == at - page());
    MUST(mmap(at + 3 * MIB, page(), PROT_READ, kind, -1, 0) == at + 3 * MIB);
    for (int i = 0; i < 3; i++) MUST(hp_vm_place(at + (size_t)i * MIB, MIB, 0, &region[i]) == 0);
    MUST(mappings_of(at, 3 * MIB) == 1);
    fill_the_map();
    const struct hp_vm_region before = region[1];
    MUST(hp_vm_release(&region[1]) == -ENOMEM);
    must_name(-ENOMEM, HP_VM_CHANGE, MIB, HP_VM_CAUSE_MAPPINGS, "vm.max_map_count");
    MUST(memcmp(&region[1], &before, sizeof before) == 0);
    MUST(hp_vm_release(&region[0]) == 0);
    MUST(hp_vm_release(&region[1]) == 0);
    MUST(hp_vm_release(&region[2]) == 0);
}

static void merged_neighbours_leave_from_the_edge(void **state) {
    (void)state;
    if (number_after("/proc/sys/vm/max_map_count", "") > 100000) skip();
    assert_int_equal(in_child(with_merged_neighbours), 0);
}

/* ---- vm.overcommit_memory = 2 ---- */

static bool write_sysctl(const char *path, const char *value) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool written = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value);
    if (fd >= 0) close(fd);
    return written;
}

static unsigned long promised(void) {
    return number_after("/proc/meminfo", "Committed_AS:") / 1024;
}

static void with_strict_accounting(void) {
    struct hp_vm_region region = must_reserve_and_write(sizeof(void *) == 8 ? 64 * GIB : GIB);
    unsigned char *at = region.base + 16 * MIB;
    MUST(hp_vm_commit(&region, at, 900 * MIB, 0) == -ENOMEM);
    must_name(-ENOMEM, HP_VM_COMMIT, 900 * MIB, HP_VM_CAUSE_COMMIT_LIMIT, "overcommit");
    must_be_owned(&region);
    MUST(peek(at) == FAULTS);
    const unsigned long before = promised();
    MUST(hp_vm_commit(&region, at, 64 * MIB, 0) >= 0);
    const unsigned long after = promised();
    printf("MiB promised: %lu, committed 64: %lu\n", before, after);
    MUST(after - before >= 60 && after - before <= 68);
    MUST(hp_vm_decommit(&region, at, 64 * MIB, 0) == 0);
    MUST(promised() + 4 >= after);
    MUST(hp_vm_decommit(&region, at, 64 * MIB, HP_VM_REFUND) == 0);
    MUST(promised() <= before + 4);
    MUST(hp_vm_commit(&region, at, 64 * MIB, 0) >= 0 && at[0] == 0);
    must_be_owned(&region);
    MUST(hp_vm_release(&region) == 0);
}

static void strict_accounting(void **state) {
    (void)state;
    if (!guest) {
        print_message(
            "SKIP: vm.overcommit_memory is the machine's; boot.sh runs this on a guest\n");
        skip();
    }
    assert_true(write_sysctl("/proc/sys/vm/overcommit_memory", "2"));
    const int status = in_child(with_strict_accounting);
    assert_true(write_sysctl("/proc/sys/vm/overcommit_memory", "0"));
    assert_int_equal(status, 0);
}

int main(int count, char **arguments) {
    guest = count > 1 && strcmp(arguments[1], "guest") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(address_space_limit, fresh),
        cmocka_unit_test_setup(an_alignment_costs_no_limit_more_than_the_size, fresh),
        cmocka_unit_test_setup(data_limit, fresh),
        cmocka_unit_test_setup(locked_memory_limit, fresh),
        cmocka_unit_test_setup(what_is_too_little_to_probe_with_is_enough_to_place_in, fresh),
        cmocka_unit_test_setup(mapping_limit, fresh),
        cmocka_unit_test_setup(merged_neighbours_leave_from_the_edge, fresh),
        cmocka_unit_test_setup(strict_accounting, fresh),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
