using Xunit;
using Xunit.Abstractions;

namespace Nvmepf.Tests.EndToEnd;

/// <summary>
/// An unmodified Linux kernel uses the SSD. Each test is one scenario of tools/rig (see its --list); what the guest asserts is in
/// tools/rig/guest. tools/rig/selftest.sh shows that each scenario passes on a known good controller and can fail.
/// </summary>
[Collection(GuestRig.Collection)]
public sealed class LinuxGuestTests(GuestRig rig, ITestOutputHelper log)
{
    [GuestFact]
    public void A_Linux_host_sees_the_ssd_as_configured() => rig.Run(log, "tour");

    [GuestFact]
    public void A_file_system_holds_a_tree_of_files() => rig.Run(log, "filesystem");

    [GuestFact]
    public void Random_io_on_four_queues_reads_back_what_was_written() => rig.Run(log, "fio-verify");

    [GuestFact]
    public void Interrupts_by_MSI_lose_no_completion() => rig.Run(log, "interrupts", "--kind", "msi");

    [GuestFact]
    public void Interrupts_by_the_pin_lose_no_completion_and_leave_no_level() => rig.Run(log, "interrupts", "--kind", "intx");

    [GuestFact]
    public void Interrupts_that_are_deferred_lose_no_completion() =>
        rig.Run(log, "interrupts", "--kind", "msix", "--option", "--adaptive-interrupts", "--option", "100");

    [GuestFact]
    public void Discarded_blocks_read_as_zeros_and_their_space_returns_to_the_file() => rig.Run(log, "discard");

    [GuestFact]
    public void A_Linux_host_sees_namespaces_come_grow_shrink_and_go() => rig.Run(log, "live-namespaces");

    [GuestFact]
    public void Controller_reset_function_reset_and_removal_under_io_lose_nothing() => rig.Run(log, "reset-under-io");

    [GuestFact]
    public void Data_survive_reboots_of_the_host() => rig.Run(log, "reboot");

    [GuestFact]
    public void Acknowledged_data_survive_sudden_death_of_the_firmware() => rig.Run(log, "sudden-death");

    [GuestFact]
    public void Four_queues_with_doorbells_in_memory_on_two_reactors_outlive_resets_and_changes_of_memory() => rig.Run(log, "reactors");

    [GuestFact]
    public void Two_hosts_meet_on_reservations_that_outlive_the_firmware() => rig.Run(log, "reservations");

    [GuestFact]
    public void A_Linux_host_follows_ANA_states_over_two_paths_and_loses_nothing() => rig.Run(log, "multipath");

    [GuestFact]
    public void A_host_whose_memory_cannot_be_mapped_is_served_by_dma_messages() => rig.Run(log, "demo", "--private-memory");
}
