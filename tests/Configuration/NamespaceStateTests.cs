using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Firmware.Startup;
using Nvmepf.Hal;
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

    [Fact]
    public void A_namespace_that_comes_back_keeps_its_state_and_another_disk_under_its_number_does_not()
    {
        using EventLog log = new(Stream.Null);
        using NamespaceStates states = new(log);
        NamespaceState first = states.Of("nqn.a", Served(StorageKind.Block, "/dev/one", hasReservations: true));
        Assert.Same(first, states.Of("nqn.a", Served(StorageKind.Block, "/dev/one", hasReservations: true)));
        Assert.NotSame(first, states.Of("nqn.a", Served(StorageKind.Block, "/dev/other", hasReservations: true)));
    }

    [Fact]
    public void A_state_that_nobody_has_any_more_leaves_nothing_behind()
    {
        string directory = Directory.CreateTempSubdirectory("nvmepf-states").FullName;
        try
        {
            using EventLog log = new(Stream.Null);
            using NamespaceStates states = new(log);
            for (int i = 0; i < 100; i++)
            {
                _ = states.Of("nqn.a", Served(StorageKind.File, $"{directory}/{i % 3}", hasReservations: i % 2 == 0));
                _ = states.Of("nqn.b", Served(StorageKind.File, $"{directory}/b"));
                Assert.Equal(2, states.FileCount);
                states.Forget("nqn.b");
                Assert.Equal(1, states.FileCount);
            }

            File.WriteAllText($"{directory}/damaged{NamespaceStates.FileSuffix}", "no state");
            _ = Assert.Throws<PlatformException>(() => states.Of("nqn.a", Served(StorageKind.File, $"{directory}/damaged")));
            Assert.Equal(0, states.FileCount);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
