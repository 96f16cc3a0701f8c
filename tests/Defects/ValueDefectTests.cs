using System.Buffers.Binary;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Hal.VfioUser;
using Nvmepf.Spec;
using Nvmepf.Tests.Admin;
using Nvmepf.Tests.Configuration;
using Nvmepf.Tests.Io;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Defects;

/// <summary>Defects of values, names and status codes that docs/defects.md lists: each test fails on a controller that has the defect.</summary>
public sealed class ValueDefectTests
{
    [Theory]
    [InlineData(0x01u, 0x00000000u)]
    [InlineData(0x01u, 0x00000004u)]
    [InlineData(0x01u, 0x00000006u)]
    [InlineData(0x01u, 0xFF7F0107u)]
    [InlineData(0x08u, 0x00000000u)]
    [InlineData(0x08u, 0x00000007u)]
    [InlineData(0x08u, 0x000000FFu)]
    [InlineData(0x08u, 0x0000FF00u)]
    [InlineData(0x08u, 0x00006401u)]
    public void A_feature_reads_as_it_was_set(uint feature, uint value)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.SetFeatures, cdw10: feature, cdw11: value)).Code);
        Assert.Equal(value, host.Run(AdminHost.Command(AdminOpcode.GetFeatures, cdw10: feature)).Dword0);
    }

    [Fact]
    public void A_vector_forgets_over_a_reset_that_its_coalescing_was_disabled()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.SetFeatures, cdw10: 0x09, cdw11: 2 | (1u << 16))).Code);
        Assert.Equal(2 | (1u << 16), host.Run(AdminHost.Command(AdminOpcode.GetFeatures, cdw10: 0x09, cdw11: 2)).Dword0);
        host.Reset();
        Assert.Equal(2u, host.Run(AdminHost.Command(AdminOpcode.GetFeatures, cdw10: 0x09, cdw11: 2)).Dword0);
    }

    [Fact]
    public void An_nqn_is_taken_to_its_last_character_and_no_further_than_223()
    {
        string longest = "nqn.2026-01.lab:" + new string('x', 223 - 16);
        Assert.Equal(longest, Configuration.Judge.File(Samples.Nvmetcli.Replace("nqn.2026-01.lab:ep0", longest, StringComparison.Ordinal), true).Settings.SubsystemNqn);
        Assert.Contains(
            "224", Configuration.Judge.ErrorOfFile(Samples.Nvmetcli.Replace("nqn.2026-01.lab:ep0", longest + "y", StringComparison.Ordinal), true), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("4")]
    [InlineData("4096")]
    [InlineData("12")]
    public void A_largest_transfer_that_MDTS_cannot_say_is_refused(string kilobytes) => Assert.Contains(
        "allowed: 8, 16, ... 2048", Configuration.Judge.ErrorOfOptions([.. Configuration.Judge.Simple, "--mdts-kb", kilobytes]), StringComparison.Ordinal);

    [Fact]
    public void Two_functions_keep_identities_of_their_own()
    {
        FunctionIdentity first = new(0x1b96, 0x1111, 0x1b96, 0x0001, 0x01, 0x010802, 3);
        FunctionIdentity second = new(0x144d, 0x2222, 0x144d, 0x0002, 0x02, 0x010802, 5);
        using PlatformFunction one = new(first, mapDoorbells: false);
        using PlatformFunction other = new(second, mapDoorbells: false);
        Assert.Equal((0x1b96, 0x1111), Identity(one));
        Assert.Equal((0x144d, 0x2222), Identity(other));
        Assert.Equal(3, one.Vectors.Count);
        Assert.Equal(5, other.Vectors.Count);
    }

    [Theory]
    [InlineData(AdminOpcode.CreateIoSubmissionQueue, 2u | (15u << 16), 1u | (3u << 16), 0u, StatusCode.CompletionQueueInvalid)] // no such CQ yet
    [InlineData(AdminOpcode.CreateIoSubmissionQueue, 2u | (15u << 16), 0u | (1u << 16), 0u, StatusCode.InvalidField)] // not contiguous
    [InlineData(AdminOpcode.CreateIoSubmissionQueue, 2u | (15u << 16), 1u | (1u << 16), 8u, StatusCode.PrpOffsetInvalid)]
    [InlineData(AdminOpcode.CreateIoSubmissionQueue, 2u, 1u | (1u << 16), 0u, StatusCode.InvalidQueueSize)]
    [InlineData(AdminOpcode.CreateIoCompletionQueue, 2u | (15u << 16), 3u | (99u << 16), 0u, StatusCode.InvalidInterruptVector)]
    [InlineData(AdminOpcode.CreateIoCompletionQueue, 2u | (15u << 16), 0u, 0u, StatusCode.InvalidField)]
    [InlineData(AdminOpcode.DeleteIoCompletionQueue, 1u, 0u, 0u, StatusCode.InvalidQueueDeletion)] // in use
    [InlineData(AdminOpcode.DeleteIoSubmissionQueue, 9u, 0u, 0u, StatusCode.InvalidQueueIdentifier)]
    public void Queue_commands_fail_with_the_standards_status(AdminOpcode opcode, uint cdw10, uint cdw11, ulong offset, StatusCode expected)
    {
        using IoHost host = new([new RamBackend(1 << 20)]);
        SubmissionQueueEntry entry = TestHost.Admin(opcode);
        entry.Prp1 = host.Data + offset;
        entry.Cdw10 = cdw10;
        entry.Cdw11 = cdw11;
        Assert.Equal(expected, host.Host.Execute(host.Host.AdminQueue, in entry).CompletionStatus.Status.Code);
    }

    [Theory]
    [InlineData(2048ul, 1, StatusCode.LbaOutOfRange)]
    [InlineData(2047ul, 2, StatusCode.LbaOutOfRange)]
    [InlineData(ulong.MaxValue, 1, StatusCode.LbaOutOfRange)]
    [InlineData(2047ul, 1, StatusCode.Success)]
    public void A_range_past_the_end_is_out_of_range_and_no_internal_error(ulong startingLba, int blocks, StatusCode expected)
    {
        using IoHost host = new([new RamBackend(1 << 20)]);
        Assert.Equal(expected, host.Execute(NvmOpcode.Read, startingLba, blocks).Code);
        Assert.Equal(expected, host.Execute(NvmOpcode.Write, startingLba, blocks).Code);
    }

    private static (int Vendor, int Device) Identity(PlatformFunction function)
    {
        Span<byte> bytes = stackalloc byte[4];
        function.Read(RegionIndex.Configuration, 0, bytes);
        return (BinaryPrimitives.ReadUInt16LittleEndian(bytes), BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]));
    }
}
