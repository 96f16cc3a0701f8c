using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;
using Nvmepf.Tests.Namespaces;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Io;

/// <summary>Flush, Write Zeroes, Dataset Management, Compare and Verify.</summary>
public sealed class OtherCommandTests
{
    private const int Mib = 1 << 20;

    [Fact]
    public void Flush_reaches_the_backend_that_has_a_cache_and_no_other()
    {
        ScriptedBackend cached = new(Mib) { HasCache = true };
        ScriptedBackend plain = new(Mib);
        using IoHost io = new([cached, plain]);
        Assert.True(io.Execute(TestHost.Io(NvmOpcode.Flush)).IsSuccess);
        Assert.True(io.Execute(TestHost.Io(NvmOpcode.Flush, 2)).IsSuccess);
        Assert.Equal([new Asked(BackendOperationKind.Flush, BackendFlags.None, 0, 0)], cached.Asked);
        Assert.Empty(plain.Asked);
        Assert.Equal(StatusCode.InvalidNamespaceOrFormat, io.Execute(TestHost.Io(NvmOpcode.Flush, 3)).Code);
        Assert.Equal(StatusCode.InvalidNamespaceOrFormat, io.Execute(TestHost.Io(NvmOpcode.Flush, 0)).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_broadcast_flush_reaches_every_active_namespace_even_past_an_error(bool isAsynchronous)
    {
        ScriptedBackend[] backends = new ScriptedBackend[5];
        for (int i = 0; i < backends.Length; i++)
        {
            backends[i] = new ScriptedBackend(Mib) { HasCache = i != 2, IsAsynchronous = isAsynchronous };
        }

        using IoHost io = new(backends);
        io.Namespaces[3].IsActive = false;
        Assert.True(io.Execute(TestHost.Io(NvmOpcode.Flush, uint.MaxValue)).IsSuccess);
        Assert.Equal([1, 1, 0, 0, 1], Array.ConvertAll(backends, backend => backend.Asked.Count));
        backends[1].Fault = (_, _) => Errno.ENOSPC;
        backends[4].Fault = (_, _) => Errno.EIO;
        Assert.Equal(StatusCode.CapacityExceeded, io.Execute(TestHost.Io(NvmOpcode.Flush, uint.MaxValue)).Code);
        Assert.Equal([2, 2, 0, 0, 2], Array.ConvertAll(backends, backend => backend.Asked.Count));
        Assert.Equal(1UL, io.Controller.Smart.MediaErrors);
    }

    [Fact]
    public void Write_zeroes_hands_down_range_and_flags()
    {
        ScriptedBackend backend = new(64 * Mib);
        using IoHost io = new([backend]);
        SubmissionQueueEntry entry = io.Make(NvmOpcode.WriteZeroes, 8, 65536);
        Assert.True(io.Execute(in entry).IsSuccess);
        entry.Cdw12 = new WriteZeroesDword12 { NumberOfLogicalBlocksZeroBased = 7, Deallocate = true, ForceUnitAccess = true }.Raw;
        Assert.True(io.Execute(in entry).IsSuccess);
        Assert.Equal(
            [
                new Asked(BackendOperationKind.WriteZeroes, BackendFlags.None, 4096, 32UL * Mib),
                new Asked(
                    BackendOperationKind.WriteZeroes, BackendFlags.ForceUnitAccess | BackendFlags.MayDeallocate, 4096, 4096),
            ],
            backend.Asked);
        entry.Cdw12 = new WriteZeroesDword12 { NamespaceZeroes = true }.Raw;
        Assert.Equal(StatusCode.InvalidField, io.Execute(in entry).Code);
        Assert.Equal(2, backend.Asked.Count);
    }

    [Fact]
    public void Write_zeroes_leaves_zeroes()
    {
        using IoHost io = new([new RamBackend(Mib)]);
        byte[] data = Pattern.Make(32768, 1);
        io.Write(0, data);
        Assert.True(io.Execute(NvmOpcode.WriteZeroes, 5, 20).IsSuccess);
        data.AsSpan(5 * 512, 20 * 512).Clear();
        Assert.Equal(data, io.Read(0, 64));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void Dataset_management_deallocates_every_range(bool isAsynchronous, bool isMemoryDirect)
    {
        ScriptedBackend backend = new(Mib) { IsAsynchronous = isAsynchronous };
        using IoHost io = new([backend], isMemoryDirect);
        (ulong, uint)[] ranges = new (ulong, uint)[256];
        for (int i = 0; i < ranges.Length; i++)
        {
            ranges[i] = ((ulong)i * 8, i % 4 == 3 ? 0U : 4U);
        }

        Assert.True(io.Deallocate(ranges).IsSuccess);
        Assert.Equal(192, backend.Asked.Count);
        Assert.Equal(new Asked(BackendOperationKind.Deallocate, BackendFlags.None, 254UL * 8 * 512, 2048), backend.Asked[^1]);
    }

    [Theory]
    [InlineData(2048UL, 1U)]
    [InlineData(2047UL, 2U)]
    [InlineData(0UL, uint.MaxValue)]
    [InlineData(ulong.MaxValue, 1U)]
    [InlineData(ulong.MaxValue - 1, uint.MaxValue)]
    public void Dataset_management_deallocates_nothing_where_one_range_is_outside(ulong startingLba, uint blocks)
    {
        ScriptedBackend backend = new(Mib);
        using IoHost io = new([backend]);
        Assert.Equal(StatusCode.LbaOutOfRange, io.Deallocate((0, 8), (startingLba, blocks)).Code);
        Assert.Empty(backend.Asked);
    }

    [Fact]
    public void Dataset_management_without_deallocate_is_a_hint_and_reads_no_data()
    {
        ScriptedBackend backend = new(Mib);
        using IoHost io = new([backend]);
        SubmissionQueueEntry entry = TestHost.Io(NvmOpcode.DatasetManagement);
        entry.Cdw10 = 255;
        entry.Cdw11 = 3;
        entry.Prp1 = 0x0DEA_D000;
        Assert.True(io.Execute(in entry).IsSuccess);
        Assert.Empty(backend.Asked);
    }

    [Fact]
    public void Dataset_management_succeeds_where_the_backend_cannot_and_stops_at_an_error()
    {
        ScriptedBackend backend = new(Mib) { CanDeallocate = false };
        using IoHost io = new([backend]);
        Assert.True(io.Deallocate((0, 8)).IsSuccess);
        Assert.Empty(backend.Asked);
        backend.CanDeallocate = true;
        backend.Fault = (_, index) => index == 1 ? Errno.EIO : 0;
        Assert.Equal(StatusCode.WriteFault, io.Deallocate((0, 8), (8, 8), (16, 8)).Code);
        Assert.Equal(2, backend.Asked.Count);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(8, true)]
    [InlineData(9, true)]
    [InlineData(128, false)]
    [InlineData(128, true)]
    public void Compare_tells_equal_from_different_in_every_byte(int blocks, bool isAsynchronous)
    {
        using IoHost io = new([new ScriptedBackend(Mib) { IsAsynchronous = isAsynchronous }]);
        int length = blocks * 512;
        byte[] data = Pattern.Make(length, 2);
        io.Write(7, data);
        Assert.True(io.Execute(NvmOpcode.Compare, 7, blocks).IsSuccess);
        foreach (int position in new[] { 0, 1, 511, length / 2, length - 1 })
        {
            io.Bytes(position, 1)[0] ^= 0x80;
            Status status = io.Execute(NvmOpcode.Compare, 7, blocks);
            Assert.Equal(StatusCode.CompareFailure, status.Code);
            io.Bytes(position, 1)[0] ^= 0x80;
        }

        Assert.True(io.Execute(NvmOpcode.Compare, 7, blocks).IsSuccess);
        Assert.Equal(0UL, io.Controller.Smart.MediaErrors);
    }

    [Fact]
    public void More_compares_than_buffers_all_end()
    {
        using Place place = new();
        using IoHost io = new([new FileBackend(place.File, 4 * Mib)], buffers: 1);
        byte[] data = Pattern.Make(IoHost.MaximumTransferBytes, 3);
        io.Write(0, data);
        ushort[] identifiers = new ushort[32];
        for (int i = 0; i < identifiers.Length; i++)
        {
            identifiers[i] = io.Queue.Put(io.Make(NvmOpcode.Compare, 0, 128));
        }

        io.Queue.RingTail();
        foreach (ushort identifier in identifiers)
        {
            Assert.True(io.Host.WaitFor(io.Queue, identifier).CompletionStatus.Status.IsSuccess);
        }
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(65536, false)]
    [InlineData(65536, true)]
    [InlineData(511, true)]
    public void Verify_reads_every_byte_once(int blocks, bool isAsynchronous)
    {
        ScriptedBackend backend = new(64 * Mib) { IsAsynchronous = isAsynchronous };
        using IoHost io = new([backend]);
        Assert.True(io.Execute(NvmOpcode.Verify, 9, blocks).IsSuccess);
        ulong next = 9 * 512;
        foreach (Asked asked in backend.Asked)
        {
            Assert.Equal(BackendOperationKind.Read, asked.Kind);
            Assert.Equal(next, asked.OffsetBytes);
            next += asked.LengthBytes;
        }

        Assert.Equal((ulong)(9 + blocks) * 512, next);
    }

    [Fact]
    public void Verify_reports_what_cannot_be_read()
    {
        ScriptedBackend backend = new(64 * Mib) { Fault = (_, index) => index == 20 ? Errno.EIO : 0 };
        using IoHost io = new([backend]);
        Assert.Equal(StatusCode.UnrecoveredReadError, io.Execute(NvmOpcode.Verify, 0, 65536).Code);
        Assert.Equal(21, backend.Asked.Count);
        Assert.Equal(1UL, io.Controller.Smart.MediaErrors);
        Assert.Equal(0UL, io.Controller.Smart.BytesRead);
    }

    [Theory]
    [InlineData(NvmOpcode.Read, 0, 0)]
    [InlineData(NvmOpcode.Read, 4, 0)]
    [InlineData(NvmOpcode.Write, 0, 0)]
    [InlineData(NvmOpcode.Compare, 0, 0)]
    [InlineData(NvmOpcode.Compare, 0, 3)]
    [InlineData(NvmOpcode.Verify, 0, 0)]
    [InlineData(NvmOpcode.Verify, 0, 1)]
    [InlineData(NvmOpcode.WriteZeroes, 0, 0)]
    public void An_aborted_command_never_reports_a_success_that_it_did_not_have(NvmOpcode opcode, int dataOffset, int holdAfter)
    {
        ScriptedBackend backend = new(4 * Mib) { Alignment = 8 };
        using IoHost io = new([backend]);
        byte[] data = Pattern.Make(IoHost.MaximumTransferBytes, 4);
        io.Write(0, data);
        io.Bytes(data.Length - 1, 1)[0] ^= 1; // a Compare that went on would fail at its end
        backend.HoldAfter = holdAfter;
        ushort identifier = io.Queue.Submit(io.Make(opcode, 0, opcode == NvmOpcode.Verify ? 4096 : 128, dataOffset));
        Assert.True(io.Host.RunUntil(() => backend.HeldCount == 1));
        Assert.Equal(StatusCode.AbortRequested, io.Abort(identifier).Code);
        Assert.Null(io.Host.ProtocolError);
        Assert.Equal(data, io.Read(0, 128));
    }

    [Theory]
    [InlineData(NvmOpcode.Read, true)]
    [InlineData(NvmOpcode.Compare, true)]
    [InlineData(NvmOpcode.DatasetManagement, false)]
    [InlineData(NvmOpcode.Verify, false)]
    [InlineData(NvmOpcode.Flush, false)]
    public void An_abort_that_the_backend_is_too_late_for_is_no_false_success_either(NvmOpcode opcode, bool isForced)
    {
        // The first operation under way succeeds in spite of the cancel request; the command still had more to do.
        ScriptedBackend first = new(4 * Mib) { HasCache = true, IgnoresCancel = true };
        ScriptedBackend second = new(4 * Mib) { HasCache = true };
        using IoHost io = new([first, second]);
        io.Write(0, Pattern.Make(IoHost.MaximumTransferBytes, 5));
        io.Bytes(0, IoHost.MaximumTransferBytes).Clear();
        first.Asked.Clear();
        SubmissionQueueEntry entry = io.Make(opcode, 0, opcode == NvmOpcode.Verify ? 4096 : 128);
        if (isForced)
        {
            entry.Cdw12 |= 1U << 30;
        }

        if (opcode == NvmOpcode.Flush)
        {
            entry = TestHost.Io(opcode, uint.MaxValue);
        }
        else if (opcode == NvmOpcode.DatasetManagement)
        {
            for (ulong i = 0; i < 2; i++)
            {
                io.Host.Memory.At<DatasetManagementRange>(io.Data + (i * 16)) =
                    new DatasetManagementRange { StartingLba = i * 8, LengthLogicalBlocks = 8 };
            }

            entry = TestHost.Io(opcode);
            entry.Cdw10 = 1;
            entry.Cdw11 = 4;
            io.Host.SetPrps(ref entry, io.Data, 32);
        }

        first.HoldAfter = 0;
        ushort identifier = io.Queue.Submit(in entry);
        Assert.True(io.Host.RunUntil(() => first.HeldCount == 1));
        Assert.Equal(StatusCode.AbortRequested, io.Abort(identifier).Code);
        Assert.Single(first.Asked);
        Assert.Empty(second.Asked);
        Assert.True(io.Execute(TestHost.Io(NvmOpcode.Flush)).IsSuccess);
    }

    [Fact]
    public void A_controller_reset_ends_commands_that_are_under_way()
    {
        ScriptedBackend backend = new(4 * Mib) { HasCache = true };
        using IoHost io = new([backend], buffers: 2);
        backend.HoldAfter = 1;
        _ = io.Queue.Submit(io.Make(NvmOpcode.Compare, 0, 128));
        Assert.True(io.Host.RunUntil(() => backend.HeldCount == 1));
        Assert.True(io.Host.Disable());
        Assert.Equal(2, io.Controller.Home.Buffers.FreeCount);
        Assert.True(io.Host.Enable());
        io.Host.CreateIoQueues(1, 128);
        Assert.True(io.Execute(NvmOpcode.Compare, 0, 128, 131072).IsSuccess);
    }
}
