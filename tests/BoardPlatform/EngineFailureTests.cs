// An engine that does not let go, sticks, halts without a word or carries marks of an earlier time; and memory that changes hands while the
// controller or the host could still use it.
using Nvmepf.Hal;
using Nvmepf.SocModel;
using Xunit;
using EdmaEngine = Nvmepf.Hal.Rk3588.EdmaEngine;

namespace Nvmepf.Tests.BoardPlatform;

public sealed unsafe class EngineFailureTests
{
    private const int Requests = 8;
    private const int BytesEach = 2048;
    private const ulong Stride = 0x2_0000;
    private const long Millisecond = 1_000_000;
    private const ulong Edma = SocMap.Dbi + 0x38_0000;

    [Fact]
    public void A_soft_reset_that_is_late_keeps_its_memory_and_is_told()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory((Requests + 1) * BytesEach);
        rig.Start();
        HostSegment* segments = stackalloc HostSegment[Requests + 1];
        GetStuckInReset(rig, buffer, segments);
        Assert.Empty(rig.Completions);
        Assert.Equal(Requests, rig.Platform.HostDma.InFlight);
        Assert.True(rig.Handler.Failures > 0, "the firmware is told");
        Assert.Single(rig.Log.Texts, text => text.Contains("did not end its soft reset", StringComparison.Ordinal));

        SubmitRead(rig, buffer, segments, Requests);
        rig.Soc.Advance(150 * Millisecond);
        rig.RunUntilIdle();
        rig.Completions.Sort((left, right) => left.Tag.CompareTo(right.Tag)); // the refused one did not wait for the others
        for (int i = 0; i <= Requests; i++)
        {
            Assert.Equal((i, i == Requests ? DmaStatus.HostError : DmaStatus.Success), (i, rig.Completions[i].Status));
            Assert.True(i == Requests || IsRead(rig, segments[i]), $"request {i}");
        }

        int failures = rig.Handler.Failures;
        rig.RunTurns(10);
        Assert.Equal(failures, rig.Handler.Failures);
        rig.AssertClean();
    }

    [Fact]
    public void A_link_that_is_lost_under_a_late_soft_reset_is_held_until_the_reset_ends()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory((Requests + 1) * BytesEach);
        rig.Start();
        HostSegment* segments = stackalloc HostSegment[Requests + 1];
        GetStuckInReset(rig, buffer, segments);
        rig.Soc.Host.HotReset();
        rig.RunTurns(3_000);
        Assert.False(rig.Soc.Host.IsLinkUp, "the link is held");
        Assert.Empty(rig.Completions);
        rig.Soc.Advance(150 * Millisecond);
        rig.RunUntilIdle();
        Assert.All(rig.Completions, completion => Assert.Equal(DmaStatus.LinkLost, completion.Status));
        rig.ConnectHost();
        rig.Completions.Clear();
        SubmitRead(rig, buffer, segments, 0);
        rig.RunUntilIdle();
        Assert.Equal(DmaStatus.Success, rig.Completions[0].Status);
        rig.AssertClean();
    }

    [Fact]
    public void An_engine_that_sticks_twice_in_a_row_is_given_up_until_a_reset()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(Requests * BytesEach);
        rig.Start();
        HostSegment* segments = stackalloc HostSegment[Requests];
        rig.Faults.StallPerMillion = 1_000_000;
        SubmitReads(rig, buffer, segments);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(0, rig.Handler.Failures);
            rig.RunTurns(100);
            rig.Soc.Advance(600 * Millisecond);
            rig.RunTurns(100);
        }

        Assert.Equal(2u, rig.Platform.EdmaCounters!.Stalls);
        Assert.True(rig.Handler.Failures > 0, "the firmware is told");
        Assert.Equal(0, rig.Platform.HostDma.InFlight);
        Assert.All(rig.Completions, completion => Assert.Equal(DmaStatus.HostError, completion.Status));

        rig.Faults.StallPerMillion = 0;
        rig.Platform.HostDma.Cancel();
        rig.Completions.Clear();
        int failures = rig.Handler.Failures;
        SubmitReads(rig, buffer, segments);
        rig.RunUntilIdle();
        Assert.All(rig.Completions, completion => Assert.Equal(DmaStatus.Success, completion.Status));
        Assert.Equal(failures, rig.Handler.Failures);
        rig.AssertClean();
    }

    [Fact]
    public void What_is_cancelled_does_not_run_again_and_what_has_not_begun_ends_at_once()
    {
        const int Many = 200;
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(BytesEach);
        rig.Start();
        HostSegment* segments = stackalloc HostSegment[IHostDma.ListSegmentsMax];
        for (int i = 0; i < IHostDma.ListSegmentsMax; i++)
        {
            segments[i] = new HostSegment { HostAddress = BoardHost.MemoryAddress + ((ulong)i * 64), Local = buffer, LengthBytes = 32 };
        }

        rig.Faults.StallPerMillion = 1_000_000;
        for (int i = 0; i < Many; i++)
        {
            Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, segments, IHostDma.ListSegmentsMax, (ulong)i));
        }

        rig.RunTurns(100);
        rig.Platform.HostDma.Cancel();
        rig.Soc.Advance(600 * Millisecond);
        rig.RunTurns(200);
        Assert.Equal(0, rig.Platform.HostDma.InFlight);
        Assert.Equal(Many, rig.Completions.Count);
        Assert.All(rig.Completions, completion => Assert.NotEqual(DmaStatus.Success, completion.Status));
        Assert.Equal((1u, 0u), (rig.Platform.EdmaCounters!.Stalls, rig.Platform.EdmaCounters.Retries));
        rig.AssertClean();
    }

    [Fact]
    public void A_channel_that_halts_without_an_abort_bit_is_seen_at_once()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(Requests * BytesEach);
        rig.Start();
        rig.RunTurns(100);
        rig.Faults.AbortNeedsErrorEnable = true;
        Assert.True(rig.Soc.CpuWrite(Edma + 0xC4, 4, 0));
        rig.Host.AnswerBadly(BoardHost.MemoryAddress, 64, TlpStatus.UnsupportedRequest);
        HostSegment* segments = stackalloc HostSegment[1];
        SubmitRead(rig, buffer, segments, 0);
        long before = rig.Soc.NowNanoseconds;
        rig.RunUntilIdle(2_000_000);
        Assert.Equal(DmaStatus.HostError, rig.Completions[0].Status);
        Assert.InRange(rig.Soc.NowNanoseconds - before, 0, 10 * Millisecond);
        Assert.Equal((1u, 0u), (rig.Platform.EdmaCounters!.SilentHalts, rig.Platform.EdmaCounters.Stalls));
        rig.AssertClean();
    }

    [Fact]
    public void An_abort_of_an_earlier_time_convicts_nobody()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(Requests * BytesEach);
        rig.Start();
        rig.RunTurns(100);

        // A list of nobody's on each channel, whose first element cannot be fetched.
        rig.Faults.FetchErrorPerMillion = 1_000_000;
        for (uint channel = 0; channel < 2; channel++)
        {
            Assert.True(rig.Soc.CpuWrite(Edma + 0x300 + (0x200 * channel), 4, 0x300));
            Assert.True(rig.Soc.CpuWrite(Edma + 0x31C + (0x200 * channel), 4, (uint)rig.Dram.PhysicalOf(buffer)));
            Assert.True(rig.Soc.CpuWrite(Edma + 0x320 + (0x200 * channel), 4, rig.Dram.PhysicalOf(buffer) >> 32));
            Assert.True(rig.Soc.CpuWrite(Edma + 0x30, 4, channel));
        }

        rig.Soc.Advance(Millisecond);
        rig.Faults.FetchErrorPerMillion = 0;
        Assert.True(rig.Soc.CpuRead(Edma + 0xA0, 4, out ulong status));
        Assert.Equal(0x3_0000ul, status);
        HostSegment* segments = stackalloc HostSegment[Requests];
        SubmitReads(rig, buffer, segments);
        rig.RunUntilIdle();
        Assert.All(rig.Completions, completion => Assert.Equal(DmaStatus.Success, completion.Status));
        Assert.Equal(0u, rig.Platform.EdmaCounters!.Aborts);
        rig.AssertClean();
    }

    [Fact]
    public void A_copy_of_an_earlier_life_is_not_made_after_the_link_is_back()
    {
        using BoardRig rig = new();
        rig.Faults.NoDmaBypass = true;
        byte* buffer = rig.Platform.AllocateDmaMemory(4096);
        rig.Start();
        rig.RunTurns(100);
        new Span<byte>(buffer, 4096).Fill(0x77);
        HostSegment segment = new() { HostAddress = BoardHost.ApertureMemoryAddress, Local = buffer, LengthBytes = 4096 };
        EdmaEngine engine = (EdmaEngine)rig.Platform.HostDma;
        Assert.True(engine.TrySubmit(DmaDirection.DeviceToHost, &segment, 1, 1));
        engine.LinkDown();
        engine.LinkUp();
        rig.RunUntilIdle();
        Assert.Equal(DmaStatus.LinkLost, rig.Completions[0].Status);
        Assert.Equal(0, rig.Host.ApertureMemory[0]);
        rig.AssertClean();
    }

    [Theory]
    [InlineData(TlpStatus.UnsupportedRequest)]
    [InlineData(TlpStatus.CompleterAbort)]
    public void A_copy_that_the_host_refuses_fails_and_ones_that_are_data_do_not(TlpStatus answer)
    {
        using BoardRig rig = new(new BoardRigOptions { UsesDma = false });
        byte* buffer = rig.Platform.AllocateDmaMemory(8192);
        rig.Start();
        rig.Host.Memory.AsSpan(0, 0x4000).Fill(0xFF);
        rig.Host.AnswerBadly(BoardHost.MemoryAddress + 0x1804, 4, answer);
        HostSegment segment = new() { HostAddress = BoardHost.MemoryAddress + 0x1003, Local = buffer, LengthBytes = 0x1001 };
        for (int round = 0; round < 2; round++)
        {
            Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, &segment, 1, (ulong)round));
            rig.RunUntilIdle();
            Assert.Equal(DmaStatus.HostError, rig.Completions[round].Status);
        }

        // Marks of another time, as left by a device's request that nobody has looked at.
        rig.Host.AnswerBadly(BoardHost.MemoryAddress + 0x10_0000, 4, answer);
        nint window = rig.Platform.OpenWindow(BoardHost.MemoryAddress + 0x10_0000, 64);
        _ = Nvmepf.Hal.Mmio.Mmio.Read32((uint*)window);
        segment.HostAddress = BoardHost.MemoryAddress + 0x2005;
        Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, &segment, 1, 2));
        rig.RunUntilIdle();
        Assert.Equal(DmaStatus.Success, rig.Completions[2].Status);
        Assert.True(new Span<byte>(buffer, 0x1001).IndexOfAnyExcept((byte)0xFF) < 0);
    }

    [Fact]
    public void After_an_orderly_end_the_host_cannot_reach_memory_even_if_it_enables_memory_space_again()
    {
        BoardRig rig = new();
        rig.Start();
        byte[] word = new byte[4];
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.BarRead(0, 0, word));
        rig.Platform.Dispose();
        Assert.True(rig.Pages!.IsGivenBack);
        Assert.Equal(TlpStatus.Success, rig.Soc.Host.ConfigWrite(0x04, 2, 0x0006));
        Assert.Equal(TlpStatus.UnsupportedRequest, rig.Soc.Host.BarRead(0, 0, word));
        rig.AssertClean();
        rig.Dispose();
    }

    [Fact]
    public void Memory_that_the_engine_does_not_let_go_of_is_not_given_back()
    {
        BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(Requests * BytesEach);
        rig.Start();
        rig.Faults.StallPerMillion = 1_000_000;
        rig.Faults.SoftResetNanoseconds = 2_000_000_000;
        HostSegment* segments = stackalloc HostSegment[Requests];
        SubmitReads(rig, buffer, segments);
        rig.RunTurns(100);
        rig.Platform.Dispose();
        Assert.False(rig.Pages!.IsGivenBack);
        Assert.Contains(rig.Log.Texts, text => text.Contains("not given back", StringComparison.Ordinal));
        rig.Dispose();
    }

    [Fact]
    public void A_firmware_does_not_start_in_memory_that_an_earlier_ones_engine_keeps()
    {
        using BoardRig rig = new();
        byte* buffer = rig.Platform.AllocateDmaMemory(Requests * BytesEach);
        rig.Start();
        rig.Faults.StallPerMillion = 1_000_000;
        rig.Faults.SoftResetNanoseconds = 2_000_000_000;
        HostSegment* segments = stackalloc HostSegment[Requests];
        SubmitReads(rig, buffer, segments);
        rig.RunTurns(100);
        PlatformException exception = Assert.Throws<PlatformException>(rig.CrashAndStart);
        Assert.Contains("does not end its soft reset", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>A stall, and a soft reset that has taken 250 of its 300 ms.</summary>
    private static void GetStuckInReset(BoardRig rig, byte* buffer, HostSegment* segments)
    {
        rig.Faults.StallPerMillion = 1_000_000;
        rig.Faults.SoftResetNanoseconds = 300_000_000;
        SubmitReads(rig, buffer, segments);
        rig.RunTurns(100);
        rig.Faults.StallPerMillion = 0;
        rig.Soc.Advance(600 * Millisecond);
        rig.RunTurns(10);
        rig.Soc.Advance(250 * Millisecond);
        rig.RunTurns(10);
    }

    private static void SubmitReads(BoardRig rig, byte* buffer, HostSegment* segments)
    {
        for (int i = 0; i < Requests; i++)
        {
            SubmitRead(rig, buffer, segments, i);
        }
    }

    private static void SubmitRead(BoardRig rig, byte* buffer, HostSegment* segments, int i)
    {
        segments[i] = new HostSegment { HostAddress = BoardHost.MemoryAddress + ((ulong)i * Stride), Local = buffer + (i * BytesEach), LengthBytes = BytesEach };
        new Random(i).NextBytes(rig.Host.Memory.AsSpan((int)((ulong)i * Stride), BytesEach));
        Assert.True(rig.Platform.HostDma.TrySubmit(DmaDirection.HostToDevice, segments + i, 1, (ulong)i));
    }

    private static bool IsRead(BoardRig rig, in HostSegment segment) =>
        new Span<byte>(segment.Local, (int)segment.LengthBytes)
            .SequenceEqual(rig.Host.Memory.AsSpan((int)(segment.HostAddress - BoardHost.MemoryAddress), (int)segment.LengthBytes));
}
