using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Admin;

public sealed class FeatureTests
{
    private const uint Broadcast = 0xFFFF_FFFF;

    private static Answer Get(AdminHost host, uint fid, uint select = 0, uint cdw11 = 0, uint nsid = 0) =>
        host.Run(AdminHost.Command(AdminOpcode.GetFeatures, nsid, fid | (select << 8), cdw11));

    private static Answer Set(AdminHost host, uint fid, uint cdw11, uint nsid = 0, bool save = false) =>
        host.Run(AdminHost.Command(AdminOpcode.SetFeatures, nsid, fid | (save ? 1u << 31 : 0), cdw11));

    [Theory]
    [InlineData(0x00u)]
    [InlineData(0x03u)]
    [InlineData(0x0Cu)]
    [InlineData(0x0Du)]
    [InlineData(0x10u)]
    [InlineData(0x85u)]
    [InlineData(0xFFu)]
    public void An_unknown_feature_is_an_invalid_field(uint fid)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.InvalidField, Get(host, fid).Code);
        Assert.Equal(StatusCode.InvalidField, Get(host, fid, select: 3).Code);
        Assert.Equal(StatusCode.InvalidField, Set(host, fid, 0).Code);
    }

    [Theory]
    [InlineData(0x01u)]
    [InlineData(0x02u)]
    [InlineData(0x04u)]
    [InlineData(0x06u)]
    [InlineData(0x07u)]
    [InlineData(0x08u)]
    [InlineData(0x09u)]
    [InlineData(0x0Au)]
    [InlineData(0x0Bu)]
    [InlineData(0x0Eu)]
    [InlineData(0x0Fu)]
    [InlineData(0x16u)]
    [InlineData(0x19u)]
    [InlineData(0x81u)]
    public void A_controller_feature_is_changeable_and_neither_saveable_nor_of_a_namespace(uint fid)
    {
        using AdminHost host = new();
        Assert.Equal(0b100u, Get(host, fid, select: 3).Dword0);
        Assert.Equal(StatusCode.FeatureIdentifierNotSaveable, Set(host, fid, 0, save: true).Code);
        Assert.Equal(StatusCode.FeatureNotNamespaceSpecific, Set(host, fid, 0, nsid: 1).Code);
        Assert.Equal(StatusCode.InvalidNamespaceOrFormat, Set(host, fid, 0, nsid: 77).Code);
        Assert.Equal(StatusCode.Success, Get(host, fid, nsid: 1).Code);
        Assert.Equal(StatusCode.Success, Get(host, fid, select: 1, nsid: Broadcast).Code);
        Assert.Equal(StatusCode.Success, Get(host, fid, select: 2).Code);
        Assert.Equal(StatusCode.InvalidField, Get(host, fid, select: 4).Code);
        Assert.Equal(StatusCode.InvalidField, Get(host, fid, select: 7).Code);
    }

    /// <summary>Set, the value that Get returns afterwards, and the default.</summary>
    [Theory]
    [InlineData(0x01u, 0x0403_0207u, 0x0403_0207u, 0x6u)]
    [InlineData(0x01u, 0x0403_02FFu, 0x0403_0207u, 0x6u)] // reserved bits are dropped
    [InlineData(0x02u, 0x0000_0060u, 0x0000_0060u, 0x0u)]
    [InlineData(0x04u, 0x0000_0150u, 0x0000_0150u, 343u)]
    [InlineData(0x04u, 0x000F_0150u, 0x0000_0150u, 343u)] // all sensors
    [InlineData(0x06u, 0x0000_0000u, 0x0000_0000u, 0x1u)]
    [InlineData(0x06u, 0xFFFF_FFFFu, 0x0000_0001u, 0x1u)]
    [InlineData(0x08u, 0x0000_FF07u, 0x0000_FF07u, 0x0u)]
    [InlineData(0x08u, 0xFFFF_0102u, 0x0000_0102u, 0x0u)]
    [InlineData(0x0Au, 0x0000_0003u, 0x0000_0001u, 0x0u)]
    [InlineData(0x0Bu, 0x0000_011Fu, 0x0000_011Fu, 0x0u)]
    [InlineData(0x0Bu, 0x0040_01E0u, 0x0000_0100u, 0x0u)] // reserved bits are dropped
    [InlineData(0x0Fu, 0x0000_0000u, 0x0000_0000u, 0x0u)]
    [InlineData(0x0Fu, 1u, 1000u, 0x0u)]
    [InlineData(0x0Fu, 5000u, 5000u, 0x0u)]
    [InlineData(0x0Fu, 5001u, 6000u, 0x0u)]
    [InlineData(0x19u, 0u, 0u, 0u)]
    public void A_value_that_was_set_is_returned_and_the_default_stays(uint fid, uint set, uint expected, uint expectedDefault)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, Set(host, fid, set).Code);
        Assert.Equal(expected, Get(host, fid).Dword0);
        Assert.Equal(expectedDefault, Get(host, fid, select: 1).Dword0);
        Assert.Equal(expectedDefault, Get(host, fid, select: 2).Dword0);
        host.Reset();
        Assert.Equal(expectedDefault, Get(host, fid).Dword0);
    }

    [Theory]
    [InlineData(0x02u, 0x01u, StatusCode.InvalidField)] // power state 1
    [InlineData(0x04u, 0x0001_0150u, StatusCode.InvalidField)] // sensor 1
    [InlineData(0x04u, 0x0020_0150u, StatusCode.InvalidField)] // THSEL reserved
    [InlineData(0x07u, 0x0003_FFFFu, StatusCode.InvalidField)]
    [InlineData(0x07u, 0xFFFF_0003u, StatusCode.InvalidField)]
    [InlineData(0x09u, 0x0000_0005u, StatusCode.InvalidField)] // five vectors: 0 to 4
    [InlineData(0x09u, 0x0000_FFFFu, StatusCode.InvalidField)]
    [InlineData(0x0Bu, 0x0000_0200u, StatusCode.InvalidField)] // firmware activation notices
    [InlineData(0x0Bu, 0x0000_0800u, StatusCode.InvalidField)] // ANA change notices
    [InlineData(0x0Bu, 0x8000_0000u, StatusCode.InvalidField)] // discovery log page change
    [InlineData(0x0Fu, 0xFFFF_FFFFu, StatusCode.KeepAliveTimeoutInvalid)]
    [InlineData(0x19u, 0x0000_0001u, StatusCode.IoCommandSetCombinationRejected)]
    public void A_bad_value_has_a_status_and_changes_nothing(uint fid, uint cdw11, StatusCode expected)
    {
        using AdminHost host = new();
        uint before = Get(host, fid).Dword0;
        Answer answer = Set(host, fid, cdw11);
        Assert.Equal(expected, answer.Code);
        Assert.True(answer.DoNotRetry);
        Assert.Equal(before, Get(host, fid).Dword0);
    }

    [Theory]
    [InlineData(0x0001_0000u)] // sensor 1
    [InlineData(0x000F_0000u)] // all sensors can be set, not read
    [InlineData(0x0030_0000u)]
    public void A_threshold_of_a_sensor_that_is_not_there_cannot_be_read(uint cdw11)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.InvalidField, Get(host, 0x04, cdw11: cdw11).Code);
    }

    [Fact]
    public void Over_and_under_thresholds_are_apart()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, Set(host, 0x04, 350).Code);
        Assert.Equal(StatusCode.Success, Set(host, 0x04, (1u << 20) | 250).Code);
        Assert.Equal(350u, Get(host, 0x04).Dword0);
        Assert.Equal((1u << 20) | 250u, Get(host, 0x04, cdw11: 1u << 20).Dword0);
        Assert.Equal(1u << 20, Get(host, 0x04, select: 1, cdw11: 1u << 20).Dword0);
    }

    [Theory]
    [InlineData(0u, 1)]
    [InlineData(3u, 8)]
    [InlineData(6u, 64)]
    [InlineData(7u, int.MaxValue)]
    public void The_arbitration_burst_is_a_power_of_two_or_no_limit(uint log2, int expected)
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, Set(host, 0x01, log2).Code);
        Assert.Equal(expected, host.Controller.Features.ArbitrationBurst);
    }

    [Fact]
    public void Coalescing_counts_from_one_and_in_microseconds()
    {
        using AdminHost host = new();
        Assert.Equal(1, host.Controller.Features.CoalescingThreshold);
        Assert.Equal(0u, host.Controller.Features.CoalescingTimeMicroseconds);
        Assert.Equal(StatusCode.Success, Set(host, 0x08, 0xFF07).Code);
        Assert.Equal(8, host.Controller.Features.CoalescingThreshold);
        Assert.Equal(25_500u, host.Controller.Features.CoalescingTimeMicroseconds);
    }

    [Fact]
    public void A_vector_is_configured_by_itself()
    {
        using AdminHost host = new();
        Assert.Equal(StatusCode.Success, Set(host, 0x09, 0x0001_0002).Code);
        Assert.True(host.Controller.Features.IsCoalescingDisabled(2));
        Assert.False(host.Controller.Features.IsCoalescingDisabled(3));
        Assert.Equal(0x0001_0002u, Get(host, 0x09, cdw11: 2).Dword0);
        Assert.Equal(0x0000_0002u, Get(host, 0x09, select: 1, cdw11: 2).Dword0);
        Assert.Equal(0x0000_0003u, Get(host, 0x09, cdw11: 3).Dword0);
        Assert.Equal(StatusCode.InvalidField, Get(host, 0x09, cdw11: 5).Code);
        host.Reset();
        Assert.False(host.Controller.Features.IsCoalescingDisabled(2));
    }

    [Theory]
    [InlineData(4, 5, int.MaxValue, 3u)]
    [InlineData(16, 5, int.MaxValue, 3u)] // vectors
    [InlineData(16, 64, 8, 6u)] // completion queue windows
    [InlineData(2, 64, 64, 1u)]
    public void The_number_of_queues_is_the_least_limit(int setting, int vectors, int completionQueues, uint expectedZeroBased)
    {
        using AdminHost host = new(
            platform: new FakePlatformOptions { InterruptVectorCount = vectors, CompletionQueueLimit = completionQueues },
            settings: AdminHost.DefaultSettings with { IoQueueCount = setting });
        uint expected = expectedZeroBased | (expectedZeroBased << 16);
        Assert.Equal(expected, Set(host, 0x07, 0x0000_0000).Dword0);
        Assert.Equal(expected, Set(host, 0x07, 0x00FF_00FF).Dword0);
        Assert.Equal(expected, Get(host, 0x07).Dword0);
    }

    [Fact]
    public void The_number_of_queues_is_settled_when_the_first_one_exists()
    {
        using AdminHost host = new();
        SubmissionQueueEntry create = AdminHost.Command(AdminOpcode.CreateIoCompletionQueue, 0, 1 | (15u << 16), 0x0001_0003);
        Assert.Equal(StatusCode.Success, host.Run(create).Code);
        Assert.Equal(StatusCode.CommandSequenceError, Set(host, 0x07, 0x0000_0000).Code);
        Assert.Equal(StatusCode.Success, Get(host, 0x07).Code);
        host.Reset();
        Assert.Equal(StatusCode.Success, Set(host, 0x07, 0x0000_0000).Code);
    }

    [Fact]
    public void Error_recovery_is_of_each_namespace()
    {
        using AdminHost host = new([AdminHost.Namespace(1), AdminHost.Namespace(2)]);
        Assert.Equal(0b110u, Get(host, 0x05, select: 3).Dword0);
        Assert.Equal(StatusCode.Success, Set(host, 0x05, 30, nsid: 2).Code);
        Assert.Equal(0u, Get(host, 0x05, nsid: 1).Dword0);
        Assert.Equal(30u, Get(host, 0x05, nsid: 2).Dword0);
        Assert.Equal(0u, Get(host, 0x05, select: 1, nsid: 2).Dword0);
        Assert.Equal(StatusCode.Success, Set(host, 0x05, 40, nsid: Broadcast).Code);
        Assert.Equal(40u, Get(host, 0x05, nsid: 1).Dword0);
        Assert.Equal(StatusCode.InvalidNamespaceOrFormat, Get(host, 0x05, nsid: Broadcast).Code);
        Assert.Equal(StatusCode.InvalidNamespaceOrFormat, Get(host, 0x05, nsid: 0).Code);
        Assert.Equal(StatusCode.InvalidNamespaceOrFormat, Set(host, 0x05, 1, nsid: 0).Code);
        Assert.Equal(StatusCode.InvalidNamespaceOrFormat, Set(host, 0x05, 1, nsid: 3).Code);
        Assert.Equal(StatusCode.InvalidField, Set(host, 0x05, 1u << 16, nsid: 1).Code); // DULBE
    }

    [Fact]
    public void Without_a_cache_there_is_no_cache_feature()
    {
        using AdminHost host = new([AdminHost.Namespace(1, new FakeBackend { Cached = false })]);
        Assert.Equal(StatusCode.InvalidField, Get(host, 0x06).Code);
        Assert.Equal(StatusCode.InvalidField, Set(host, 0x06, 0).Code);
    }

    [Fact]
    public void Switching_the_cache_off_flushes_what_it_holds()
    {
        FakeBackend first = new();
        FakeBackend without = new() { Cached = false };
        FakeBackend third = new() { FlushOutcome = BackendOutcome.Pending };
        using AdminHost host = new([AdminHost.Namespace(1, first), AdminHost.Namespace(2, without), AdminHost.Namespace(3, third)]);
        Assert.True(host.Controller.Features.IsWriteCacheEnabled);
        _ = host.Submit(AdminHost.Command(AdminOpcode.SetFeatures, 0, 0x06, 0));
        Assert.Null(host.Take());
        Assert.Equal(1, first.Flushes);
        Assert.Equal(0, without.Flushes);
        Assert.Equal(1, third.Flushes);
        Assert.False(host.Controller.Features.IsWriteCacheEnabled);
        host.Controller.Engine.BackendCompleted(third.PendingTag, 0);
        host.Turn();
        Assert.Equal(StatusCode.Success, host.Take()!.Value.Code);
        Assert.False(host.Controller.Features.IsWriteCacheEnabled);
        Assert.Equal(StatusCode.Success, Set(host, 0x06, 1).Code);
        Assert.Equal(1, first.Flushes);
        Assert.True(host.Controller.Features.IsWriteCacheEnabled);
    }

    [Theory]
    [InlineData(NvmOpcode.Write)]
    [InlineData(NvmOpcode.WriteZeroes)]
    public void Without_the_cache_each_write_is_durable(NvmOpcode opcode)
    {
        FakeBackend backend = new();
        using AdminHost host = new([AdminHost.Namespace(1, backend)]);
        Assert.Equal(StatusCode.Success, host.RunIo(TestHost.Blocks(opcode, 0, 1)));
        Assert.False(backend.LastFlags.HasFlag(BackendFlags.ForceUnitAccess));
        Assert.Equal(StatusCode.Success, Set(host, 0x06, 0).Code);
        Assert.Equal(StatusCode.Success, host.RunIo(TestHost.Blocks(opcode, 0, 1)));
        Assert.True(backend.LastFlags.HasFlag(BackendFlags.ForceUnitAccess));
        Assert.Equal(StatusCode.Success, Set(host, 0x06, 1).Code);
        Assert.Equal(StatusCode.Success, host.RunIo(TestHost.Blocks(opcode, 0, 1)));
        Assert.False(backend.LastFlags.HasFlag(BackendFlags.ForceUnitAccess));
    }

    [Theory]
    [InlineData(BackendOutcome.Completed)]
    [InlineData(BackendOutcome.Pending)]
    public void The_cache_stays_on_where_it_cannot_be_flushed(BackendOutcome outcome)
    {
        FakeBackend backend = new() { FlushStatus = StatusCode.WriteFault, FlushOutcome = outcome };
        using AdminHost host = new([AdminHost.Namespace(1, backend)]);
        _ = host.Submit(AdminHost.Command(AdminOpcode.SetFeatures, 0, 0x06, 0));
        if (outcome == BackendOutcome.Pending)
        {
            host.Controller.Engine.BackendCompleted(backend.PendingTag, -5);
            host.Turn();
        }

        Assert.Equal(StatusCode.WriteFault, host.Take()!.Value.Code);
        Assert.True(host.Controller.Features.IsWriteCacheEnabled);
    }

    [Fact]
    public void The_timestamp_runs_on()
    {
        using AdminHost host = new();
        host.Platform.NowNanoseconds += 5_000_000;
        Assert.Equal(StatusCode.Success, Get(host, 0x0E).Code);
        Assert.Equal(5ul, host.DataAs<TimestampData>().TimestampMilliseconds);
        Assert.Equal(TimestampOrigin.ClearedByReset, host.DataAs<TimestampData>().Origin);
        host.DataAs<ulong>() = 0xFFFF_0123_4567_89AB; // the two upper bytes are reserved
        Assert.Equal(StatusCode.Success, Set(host, 0x0E, 0).Code);
        host.Platform.NowNanoseconds += 3_000_000_000;
        Assert.Equal(StatusCode.Success, Get(host, 0x0E).Code);
        Assert.Equal(0x0123_4567_89ABul + 3000, host.DataAs<TimestampData>().TimestampMilliseconds);
        Assert.Equal(TimestampOrigin.SetFeatures, host.DataAs<TimestampData>().Origin);
        Assert.False(host.DataAs<TimestampData>().MayHaveStopped);
        Assert.Equal(StatusCode.Success, Get(host, 0x0E, select: 1).Code);
        Assert.Equal(0ul, host.DataAs<ulong>());
        host.Reset();
        Assert.Equal(StatusCode.Success, Get(host, 0x0E).Code);
        Assert.Equal(0ul, host.DataAs<ulong>());
    }

    [Fact]
    public void The_timestamp_wraps_inside_its_field()
    {
        HostTimestamp timestamp = new();
        timestamp.Set(0xFFFF_FFFF_FFFF, 0);
        Assert.Equal(0ul, timestamp.Read(1_000_000).TimestampMilliseconds);
        Assert.Equal(TimestampOrigin.SetFeatures, timestamp.Read(1_000_000).Origin);
    }

    [Fact]
    public void A_host_identifier_has_16_bytes_or_8()
    {
        using AdminHost host = new();
        for (int i = 0; i < 16; i++)
        {
            host.Data(16)[i] = (byte)(i + 1);
        }

        Assert.Equal(StatusCode.Success, Set(host, 0x81, 1).Code);
        host.Data(16).Fill(0xA5);
        Assert.Equal(StatusCode.Success, Get(host, 0x81, cdw11: 1).Code);
        Assert.Equal(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 }, host.Data(16).ToArray());
        host.Data(16).Fill(0xA5);
        Assert.Equal(StatusCode.Success, Get(host, 0x81).Code);
        Assert.Equal(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 0xA5 }, host.Data(9).ToArray());
        Assert.Equal(StatusCode.Success, Set(host, 0x81, 0).Code);
        Assert.Equal(StatusCode.Success, Get(host, 0x81, cdw11: 1).Code);
        Assert.Equal(new byte[] { 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0 }, host.Data(16).ToArray());
        host.Reset();
        Assert.Equal(StatusCode.Success, Get(host, 0x81, cdw11: 1).Code);
        Assert.False(host.Data(16).ContainsAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(0, 1, StatusCode.Success)]
    [InlineData(2, 1, StatusCode.Success)]
    [InlineData(0, 2, StatusCode.InvalidField)]
    [InlineData(3, 255, StatusCode.InvalidField)]
    [InlineData(4, 4, StatusCode.InvalidField)] // a Copy descriptor format
    [InlineData(100, 9, StatusCode.Success)] // reserved
    public void Host_behavior_is_kept_where_it_is_defined(int offset, byte value, StatusCode expected)
    {
        using AdminHost host = new();
        host.Data(512).Clear();
        host.Data(512)[offset] = value;
        Assert.Equal(expected, Set(host, 0x16, 0).Code);
        host.Data(512).Fill(0xA5);
        Assert.Equal(StatusCode.Success, Get(host, 0x16).Code);
        bool isKept = expected == StatusCode.Success && offset < 8;
        Assert.Equal(isKept ? value : 0, host.Data(512)[offset]);
        Assert.Equal(isKept ? 1 : 0, 512 - host.Data(512).Count((byte)0));
    }
}
