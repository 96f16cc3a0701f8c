using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Reservations;

/// <summary>Which commands of which host a reservation refuses: the table of the standard, written out.</summary>
public sealed class AccessTests
{
    private static readonly NvmOpcode[] s_reads = [NvmOpcode.Read, NvmOpcode.Compare, NvmOpcode.Verify];
    private static readonly NvmOpcode[] s_writes = [NvmOpcode.Write, NvmOpcode.WriteZeroes, NvmOpcode.DatasetManagement, NvmOpcode.Flush];

    private static void AssertAll(ReservationHost host, NvmOpcode[] opcodes, char expected)
    {
        foreach (NvmOpcode opcode in opcodes)
        {
            Assert.Equal(expected == 'A' ? StatusCode.Success : StatusCode.ReservationConflict, host.Io(opcode));
        }
    }

    // Reads and writes of the holder, of another registrant, of a host that is none: A allowed, C conflict.
    [Theory]
    [InlineData(ReservationType.WriteExclusive, "AA AC AC")]
    [InlineData(ReservationType.ExclusiveAccess, "AA CC CC")]
    [InlineData(ReservationType.WriteExclusiveRegistrantsOnly, "AA AA AC")]
    [InlineData(ReservationType.ExclusiveAccessRegistrantsOnly, "AA AA CC")]
    [InlineData(ReservationType.WriteExclusiveAllRegistrants, "AA AA AC")]
    [InlineData(ReservationType.ExclusiveAccessAllRegistrants, "AA AA CC")]
    public void Each_type_refuses_what_the_table_says(ReservationType type, string table)
    {
        NamespaceState state = new(true);
        using ReservationHost holder = new(state, 1, 0xA);
        using ReservationHost registrant = new(state, 2, 0xB);
        using ReservationHost stranger = new(state, 3, 0xC);
        using ReservationHost nobody = new(state, 4, 0);
        Assert.Equal(StatusCode.Success, holder.Register(1));
        Assert.Equal(StatusCode.Success, registrant.Register(2));
        Assert.Equal(StatusCode.Success, holder.Acquire(type, 1));
        ReservationHost[] hosts = [holder, registrant, stranger];
        for (int i = 0; i < hosts.Length; i++)
        {
            AssertAll(hosts[i], s_reads, table[i * 3]);
            AssertAll(hosts[i], s_writes, table[(i * 3) + 1]);
        }

        AssertAll(nobody, s_reads, table[6]);
        AssertAll(nobody, s_writes, table[7]);
        Assert.Equal(StatusCode.Success, holder.Release(type, 1));
        AssertAll(nobody, s_reads, 'A');
        AssertAll(nobody, s_writes, 'A');
    }

    [Fact]
    public void A_host_has_its_rights_on_all_its_controllers()
    {
        NamespaceState state = new(true);
        using ReservationHost first = new(state, 1, 0xA);
        using ReservationHost second = new(state, 2, 0xA);
        Assert.Equal(StatusCode.Success, first.Register(1));
        Assert.Equal(StatusCode.Success, first.Acquire(ReservationType.ExclusiveAccess, 1));
        AssertAll(second, s_reads, 'A');
        AssertAll(second, s_writes, 'A');
        Assert.Equal(StatusCode.Success, second.Release(ReservationType.ExclusiveAccess, 1));
    }

    [Fact]
    public void A_reset_forgets_the_host_and_not_the_reservation()
    {
        NamespaceState state = new(true);
        using ReservationHost holder = new(state, 1, 0xA);
        Assert.Equal(StatusCode.Success, holder.Register(1));
        Assert.Equal(StatusCode.Success, holder.Acquire(ReservationType.ExclusiveAccess, 1));
        holder.Host.Reset();
        AssertAll(holder, s_reads, 'C');
        Assert.Equal(StatusCode.HostIdentifierNotInitialized, holder.Release(ReservationType.ExclusiveAccess, 1));
        Assert.Equal(StatusCode.Success, holder.Identify(0xA));
        AssertAll(holder, s_reads, 'A');
    }

    [Fact]
    public void Another_identifier_is_another_host()
    {
        NamespaceState state = new(true);
        using ReservationHost holder = new(state, 1, 0xA);
        Assert.Equal(StatusCode.Success, holder.Register(1));
        Assert.Equal(StatusCode.Success, holder.Acquire(ReservationType.WriteExclusive, 1));
        Assert.Equal(StatusCode.Success, holder.Identify(0xB));
        AssertAll(holder, s_writes, 'C');
        Assert.Equal(StatusCode.Success, holder.Identify(0xA, isExtended: false)); // 8 bytes are not 16
        AssertAll(holder, s_writes, 'C');
        Assert.Equal(StatusCode.Success, holder.Identify(0xA));
        AssertAll(holder, s_writes, 'A');
    }

    [Fact]
    public void Identifiers_of_two_lengths_do_not_go_together()
    {
        NamespaceState state = new(true);
        using ReservationHost first = new(state, 1, 0xA);
        using ReservationHost second = new(state, 2, 0);
        Assert.Equal(StatusCode.HostIdentifierInconsistentFormat, second.Identify(0xB, isExtended: false));
        Assert.Equal(StatusCode.Success, second.Identify(0xB));
    }

    [Theory]
    [InlineData(NvmOpcode.ReservationRegister)]
    [InlineData(NvmOpcode.ReservationReport)]
    [InlineData(NvmOpcode.ReservationAcquire)]
    [InlineData(NvmOpcode.ReservationRelease)]
    public void Without_an_identifier_or_without_support_there_are_no_reservations(NvmOpcode opcode)
    {
        using ReservationHost nobody = new(new NamespaceState(true), 1, 0);
        Assert.Equal(StatusCode.HostIdentifierNotInitialized, nobody.Run(opcode, 0, 0, 0));
        using ReservationHost unsupported = new(new NamespaceState(false), 1, 0xA);
        Assert.Equal(StatusCode.InvalidOpcode, unsupported.Run(opcode, 0, 0, 0));
    }
}
