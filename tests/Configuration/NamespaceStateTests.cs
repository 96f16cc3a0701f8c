using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Firmware.Startup;
using Xunit;

namespace Nvmepf.Tests.Configuration;

public sealed class NamespaceStateTests
{
    private static ServedNamespace Served(StorageKind kind, string path, bool hasReservations = false, string? statePath = null) =>
        new(1, new NamespaceSource(kind, path, null, null), Guid.Empty, new byte[16], 1, false)
        {
            HasReservations = hasReservations,
            StatePath = statePath,
        };

    [Theory]
    [InlineData("File", "/srv/disk", null, "/srv/disk.nvmepf-state")]
    [InlineData("Path", "/srv/disk", null, "/srv/disk.nvmepf-state")]
    [InlineData("Path", "/dev/nvme0n1", null, null)] // gone with power
    [InlineData("Block", "/srv/a-link-to-a-device", null, null)]
    [InlineData("Block", "/dev/nvme0n1", "/var/lib/state", "/var/lib/state")]
    [InlineData("Ram", "", null, null)]
    [InlineData("Null", "", null, null)]
    public void State_is_kept_beside_a_file_or_where_it_is_said(string kind, string path, string? statePath, string? expected) =>
        Assert.Equal(expected, NamespaceStates.PathOf(Served(Enum.Parse<StorageKind>(kind), path, statePath: statePath)));

    [Fact]
    public void Functions_of_a_subsystem_share_the_state_and_subsystems_do_not()
    {
        using EventLog log = new(Stream.Null);
        using NamespaceStates states = new(log);
        ServedNamespace served = Served(StorageKind.Ram, string.Empty, hasReservations: true);
        NamespaceState first = states.Of("nqn.a", served);
        Assert.Same(first, states.Of("nqn.a", served));
        Assert.NotSame(first, states.Of("nqn.b", served));
        Assert.True(first.HasReservations);
        Assert.False(first.IsKept);
        NamespaceState other = states.Of("nqn.a", Served(StorageKind.Ram, string.Empty));
        Assert.NotSame(first, other);
        Assert.False(other.HasReservations);
    }
}
