using Nvmepf.Firmware.Startup;
using Xunit;

namespace Nvmepf.Tests.Configuration;

/// <summary>What configfs makes by itself is made in a directory that is followed, by a thread that has nothing else to do.</summary>
public sealed class DefaultGroupsTests : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void New_directories_get_theirs_and_so_do_those_that_went_and_came_back()
    {
        using DefaultGroups groups = new(_directory.Root);
        WaitFor("pci_ep/controllers");
        Make("nvmet/subsystems/a", "namespaces", "allowed_hosts");
        Make("nvmet/ports/1", "subsystems", "ana_groups", "referrals");
        Make("pci_ep/functions/nvmet_pci_epf/f", "nvme");
        Directory.Delete(_directory["nvmet/subsystems/a"], recursive: true);
        Make("nvmet/subsystems/a", "namespaces");
    }

    [Fact]
    public void It_ends_at_once()
    {
        DefaultGroups groups = new(_directory.Root);
        WaitFor("nvmet/subsystems");
        groups.Dispose();
        _ = Directory.CreateDirectory(_directory["nvmet/subsystems/late"]);
        Assert.Empty(Directory.GetDirectories(_directory["nvmet/subsystems/late"]));
    }

    private void Make(string parent, params string[] children)
    {
        _ = Directory.CreateDirectory(_directory[parent]);
        Array.ForEach(children, child => WaitFor($"{parent}/{child}"));
    }

    private void WaitFor(string path) =>
        Assert.True(SpinWait.SpinUntil(() => Directory.Exists(_directory[path]), s_deadline), $"{path} is not made");
}
