using Nvmepf.Firmware.Namespaces;
using Nvmepf.Firmware.Namespaces.State;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Admin;

public sealed class WriteProtectionTests
{
    private const uint Feature = (uint)FeatureId.NamespaceWriteProtectionConfig;
    private const uint Broadcast = 0xFFFF_FFFF;

    private static StatusCode Set(AdminHost host, uint state, uint nsid = 1) =>
        host.Run(AdminHost.Command(AdminOpcode.SetFeatures, nsid, Feature, state)).Code;

    private static uint Get(AdminHost host, uint nsid = 1)
    {
        Answer answer = host.Run(AdminHost.Command(AdminOpcode.GetFeatures, nsid, Feature));
        Assert.Equal(StatusCode.Success, answer.Code);
        return answer.Dword0;
    }

    private static StatusCode Io(AdminHost host, NvmOpcode opcode, uint nsid = 1, uint cdw11 = 0)
    {
        SubmissionQueueEntry entry = TestHost.Io(opcode, nsid);
        entry.Cdw11 = cdw11;
        return host.RunIo(entry);
    }

    [Theory]
    [InlineData(1u)]
    [InlineData(2u)]
    [InlineData(3u)]
    public void A_write_protected_namespace_refuses_what_changes_it_and_nothing_else(uint state)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, Io(host, NvmOpcode.Write));
        Assert.Equal(StatusCode.Success, Set(host, state));
        Assert.Equal(state, Get(host));
        Assert.Equal(StatusCode.NamespaceIsWriteProtected, Io(host, NvmOpcode.Write));
        Assert.Equal(StatusCode.NamespaceIsWriteProtected, Io(host, NvmOpcode.WriteZeroes));
        Assert.Equal(StatusCode.Success, Io(host, NvmOpcode.Flush));
        host.Data(16).Clear();
        Assert.Equal(StatusCode.Success, Io(host, NvmOpcode.DatasetManagement, cdw11: 1)); // a hint
    }

    [Fact]
    public void Deallocation_changes_a_namespace()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, Set(host, 1));
        SubmissionQueueEntry entry = TestHost.Io(NvmOpcode.DatasetManagement);
        entry.Cdw11 = 4;
        Assert.Equal(StatusCode.NamespaceIsWriteProtected, host.RunIo(entry));
    }

    [Fact]
    public void What_was_written_before_is_flushed_before_the_command_ends()
    {
        FakeBackend backend = new();
        using AdminHost host = new([AdminHost.Namespace(1, backend)]);
        Assert.Equal(StatusCode.Success, Set(host, 1));
        Assert.Equal(1, backend.Flushes);
        Assert.Equal(StatusCode.Success, Set(host, 0));
        Assert.Equal(1, backend.Flushes);
        Assert.Equal(StatusCode.Success, Io(host, NvmOpcode.Write));
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Until_power_cycle_and_for_ever_are_not_changeable_and_outlive_a_reset(uint state)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, Set(host, state));
        host.Reset();
        Assert.Equal(StatusCode.FeatureNotChangeable, Set(host, 0));
        Assert.Equal(StatusCode.FeatureNotChangeable, Set(host, 1));
        Assert.Equal(state, Get(host));
    }

    [Theory]
    [InlineData(4u)]
    [InlineData(7u)]
    public void A_reserved_state_is_an_invalid_field(uint state)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.InvalidField, Set(host, state));
        Assert.Equal(0u, Get(host));
    }

    [Fact]
    public void A_broadcast_protects_all_namespaces()
    {
        using AdminHost host = new([AdminHost.Namespace(1), AdminHost.Namespace(2, isActive: false), AdminHost.Namespace(3)]);
        Assert.Equal(StatusCode.Success, Set(host, 1, Broadcast));
        Assert.Equal(1u, Get(host, 1));
        Assert.Equal(1u, Get(host, 3));
        Assert.Equal(StatusCode.NamespaceIsWriteProtected, Io(host, NvmOpcode.Write, nsid: 3));
        Assert.Equal(StatusCode.InvalidNamespaceOrFormat, Set(host, 1, 2));
    }

    [Fact]
    public void What_power_would_undo_is_not_promised()
    {
        NvmeNamespace forgetful = new(1, new FakeBackend(), 512, Guid.Empty, new byte[16]) { CanKeepState = false };
        using AdminHost host = new([forgetful]);
        Assert.Equal(StatusCode.InvalidField, Set(host, 1));
        Assert.Equal(StatusCode.InvalidField, Set(host, 3));
        Assert.Equal(StatusCode.Success, Set(host, 2));
    }

    [Fact]
    public void Identify_says_it_SMART_does_not_and_the_host_is_notified()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.SetFeatures, 0, (uint)FeatureId.AsynchronousEventConfiguration, 1u << 8)).Code);
        _ = host.Submit(AdminHost.Command(AdminOpcode.AsynchronousEventRequest));
        Assert.Equal(StatusCode.Success, host.RunAndReport(AdminHost.Command(AdminOpcode.SetFeatures, 1, Feature, 1), out Answer reported));
        Assert.Equal(0x0004_0002u, reported.Dword0);
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, 1, (uint)Cns.Namespace)).Code);
        Assert.Equal(NamespaceAttributes.CurrentlyWriteProtected, host.DataAs<IdentifyNamespace>().NamespaceAttributes);
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.GetLogPage, 0, 0x007F_0002)).Code);
        Assert.Equal(CriticalWarning.None, host.DataAs<SmartHealthLog>().CriticalWarning); // the standard wants media failures only
    }

    [Fact]
    public void What_lasts_is_in_the_state_file_before_the_command_ends()
    {
        string directory = Directory.CreateTempSubdirectory("nvmepf-state-").FullName;
        string path = Path.Combine(directory, "disk.state");
        try
        {
            using NamespaceStateWriter writer = new();
            NamespaceState state = new(false, new NamespaceStateFile(path, writer));
            writer.Start();
            NvmeNamespace kept = new(1, new FakeBackend(), 512, Guid.Empty, new byte[16]) { State = state };
            using AdminHost host = new([kept]);
            _ = host.Submit(AdminHost.Command(AdminOpcode.SetFeatures, 1, Feature, 1));
            Answer? answer = null;
            for (int i = 0; i < 20_000 && answer is null; i++)
            {
                Thread.Sleep(1);
                host.Turn();
                answer = host.Take();
            }

            Assert.Equal(StatusCode.Success, answer!.Value.Code);
            Assert.Equal(WriteProtectionState.WriteProtect, new NamespaceState(false, new NamespaceStateFile(path, writer)).WriteProtection);
            Assert.False(File.Exists(path + ".new"));
        }
        finally
        {
            Directory.Delete(directory, true);
        }
    }
}
