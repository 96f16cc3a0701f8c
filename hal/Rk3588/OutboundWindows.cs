using Nvmepf.Hal.DesignWare;
using Nvmepf.Hal.Inspection;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// The 16 outbound iATU regions, through which the CPU stores into host memory: one for interrupt messages, one for copies, and one for each
/// completion queue. Each covers a fixed sixteenth of the outbound window, and is always on: a store where no region matches would be a bus
/// error that stops the kernel. A region that nobody uses points to a host address that no host decodes.
/// </summary>
/// <remarks>Knows nothing of what is stored. eDMA requests pass by all regions (DMA_BYPASS) where the hardware can do that.</remarks>
public sealed class OutboundWindows
{
    /// <summary>The region of interrupt messages.</summary>
    public const int MessageRegion = 0;

    /// <summary>The region of copies by the CPU.</summary>
    public const int CopyRegion = 1;

    /// <summary>Regions that <see cref="Open"/> deals out.</summary>
    public const int QueueWindowLimit = Iatu.RegionCount - FirstQueueRegion;

    private const int FirstQueueRegion = 2;
    private const ulong ParkedTarget = 0xFFFF_FF00_0000_0000;
    private const long EnableDeadlineNanoseconds = 10_000_000;
    private const long BackOffNanoseconds = 100_000_000;
    private const int EnableLooksMax = 100_000;

    private readonly Iatu _iatu;
    private readonly RegisterBlocks _blocks;
    private readonly bool _wantsDmaBypass;
    private readonly IEventLog? _log;
    private readonly IBoardClock _clock;
    private readonly Region[] _regions = new Region[Iatu.RegionCount];
    private long _patientFromNanoseconds = long.MinValue; // before this, after a region failed, nothing is waited for

    /// <summary>Describes the regions; nothing is written before <see cref="ProgramAll"/>.</summary>
    /// <exception cref="PlatformException">The mapped part of the outbound window is too small.</exception>
    public OutboundWindows(RegisterBlocks blocks, bool dmaBypass, IBoardClock clock, IEventLog? log)
    {
        _iatu = new Iatu(blocks.Dbi + Iatu.OffsetInDbi);
        _blocks = blocks;
        _wantsDmaBypass = dmaBypass;
        _clock = clock;
        _log = log;
        RegionLengthBytes = blocks.OutboundLengthBytes / Iatu.RegionCount / Iatu.GranularityBytes * Iatu.GranularityBytes;
        if (RegionLengthBytes < 2 * Iatu.GranularityBytes)
        {
            throw new PlatformException(
                $"outbound window: {blocks.OutboundLengthBytes} bytes are mapped; {2 * Iatu.GranularityBytes * Iatu.RegionCount} are the least for 16 regions");
        }

        for (int i = 0; i < _regions.Length; i++)
        {
            _regions[i].Target = ParkedTarget;
        }
    }

    /// <summary>Length of each region.</summary>
    public uint RegionLengthBytes { get; }

    /// <summary>Whether eDMA requests pass by the regions: read back from the hardware.</summary>
    public bool HasDmaBypass { get; private set; }

    /// <summary>First SoC address that the regions translate.</summary>
    public ulong FirstSocAddress => _blocks.OutboundSocAddress;

    /// <summary>Last SoC address that the regions translate.</summary>
    public ulong LastSocAddress => _blocks.OutboundSocAddress + ((ulong)RegionLengthBytes * Iatu.RegionCount) - 1;

    /// <summary>While false nothing is read or written through a window, so that a dead link cannot stop the CPU.</summary>
    public bool IsLinkUp { get; set; }

    /// <summary>
    /// Whether the link is up and bus mastering on at this very moment, as the controller says: if so, the reads done before were carried.
    /// <see cref="IsLinkUp"/> is what has been noticed of it.
    /// </summary>
    public bool AreReadsCarried =>
        new ApbClient(_blocks.Apb).LtssmStatus.Read().IsLinkUp && new Dbi(_blocks.Dbi).CommandStatus.Read().BusMasterEnable;

    /// <summary>How often a region was pointed elsewhere.</summary>
    public ulong Remaps { get; private set; }

    /// <summary>Writes every region's registers: at start, and after each reset of the link, which may have emptied them.</summary>
    /// <param name="flushesFirst">
    /// Reads through each region that is on before it is written: under a link that was kept, a firmware that died may have left stores on
    /// their way.
    /// </param>
    /// <param name="onlyWhereOff">Leaves regions alone that read as enabled.</param>
    /// <returns>False where a region did not come into effect; those after it were not written.</returns>
    public unsafe bool ProgramAll(bool flushesFirst = false, bool onlyWhereOff = false)
    {
        HasDmaBypass = onlyWhereOff ? HasDmaBypass : _wantsDmaBypass;
        for (int i = 0; i < _regions.Length; i++)
        {
            if (flushesFirst && _iatu.Outbound(i).Control2.Read().Enable)
            {
                // Any address of the region will do, whatever answers.
                _ = Mmio.Mmio.Read32((uint*)PointerOf(i));
            }

            _regions[i].MayHaveStores = false;
            if (onlyWhereOff && _regions[i].IsInEffect && _iatu.Outbound(i).Control2.Read().Enable)
            {
                continue;
            }

            if (!Program(i))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Points a region at host memory, unless it already does.</summary>
    /// <param name="region">Which one.</param>
    /// <param name="hostAddress">First byte.</param>
    /// <param name="lengthBytes">Length, at most <see cref="RegionLengthBytes"/> less 64 KiB.</param>
    /// <returns>Local address of the first byte; 0 where the region did not come into effect or the link is down.</returns>
    public nint Map(int region, ulong hostAddress, uint lengthBytes)
    {
        ulong target = hostAddress & ~(ulong)(Iatu.GranularityBytes - 1);
        if (!IsLinkUp || hostAddress - target + lengthBytes > RegionLengthBytes)
        {
            return 0;
        }

        ref Region mapped = ref _regions[region];
        bool isInside = hostAddress >= mapped.Target && hostAddress - mapped.Target <= RegionLengthBytes - lengthBytes;
        if (!isInside || !mapped.IsInEffect)
        {
            if (!mapped.IsInEffect && IsBackingOff)
            {
                return 0;
            }

            Flush(region);
            mapped.Target = target;
            Remaps++;
            if (!Program(region))
            {
                return 0;
            }
        }

        return PointerOf(region) + (nint)(hostAddress - mapped.Target);
    }

    /// <summary>Something was stored through the region since the last flush; <paramref name="address"/> is where.</summary>
    public void NoteStore(int region, nint address)
    {
        _regions[region].MayHaveStores = true;
        _regions[region].FlushAddress = address & ~(nint)3;
    }

    /// <summary>
    /// Reads through the region's mapping, which makes every store before it arrive: reprogramming a region under stores on their way would send
    /// them elsewhere. What is read does not matter.
    /// </summary>
    public unsafe void Flush(int region)
    {
        if (_regions[region].MayHaveStores && IsLinkUp && !BoardSabotage.Is(BoardSabotageKind.SkipRegionFlush))
        {
            _ = Mmio.Mmio.Read32((uint*)_regions[region].FlushAddress);
        }

        _regions[region].MayHaveStores = false;
    }

    /// <summary>
    /// Reads through one region behind the stores through all of them, for what takes another way to the host: a read pushes every posted write
    /// before it (PCIe 5 section 2.4.1), and they share one path to the link. What is read does not matter.
    /// </summary>
    public unsafe void FlushStores()
    {
        for (int i = 0; i < _regions.Length && IsLinkUp; i++)
        {
            if (_regions[i].MayHaveStores)
            {
                Mmio.Barrier.Full();
                _ = Mmio.Mmio.Read32((uint*)_regions[i].FlushAddress);
                return;
            }
        }
    }

    /// <summary>Takes a region for a completion queue.</summary>
    /// <returns>Local address of the first byte, or 0 where none is left (or the link is down).</returns>
    public nint Open(ulong hostAddress, uint lengthBytes)
    {
        for (int i = FirstQueueRegion; i < _regions.Length; i++)
        {
            if (_regions[i].IsOpen)
            {
                continue;
            }

            nint address = Map(i, hostAddress, lengthBytes);
            if (address != 0)
            {
                _regions[i].IsOpen = true;

                // Its user stores without telling, so from now on there may be stores.
                NoteStore(i, address);
            }

            return address;
        }

        return 0;
    }

    /// <summary>Gives back what <see cref="Open"/> gave; the region points nowhere again.</summary>
    public void Close(nint window)
    {
        int region = (int)((window - _blocks.Outbound) / (nint)RegionLengthBytes);
        Invariant.Check(region >= FirstQueueRegion && region < _regions.Length && _regions[region].IsOpen, "a window that is open");
        _regions[region].IsOpen = false;
        Flush(region);
        _regions[region].Target = ParkedTarget;
        _ = Program(region);
    }

    /// <summary>Where the regions point, for a person to see.</summary>
    /// <returns>How many were written.</returns>
    public int Read(Span<WindowState> windows)
    {
        int count = Math.Min(windows.Length, _regions.Length);
        for (int i = 0; i < count; i++)
        {
            ulong first = _blocks.OutboundSocAddress + ((ulong)RegionLengthBytes * (uint)i);
            bool isTaken = i < FirstQueueRegion || _regions[i].IsOpen;
            windows[i] = new WindowState(i, first, _regions[i].Target, RegionLengthBytes, _regions[i].IsInEffect, isTaken);
        }

        return count;
    }

    private bool IsBackingOff => _clock.NowNanoseconds < _patientFromNanoseconds;

    private nint PointerOf(int region) => _blocks.Outbound + (nint)((ulong)RegionLengthBytes * (uint)region);

    private bool Program(int index)
    {
        ref Region region = ref _regions[index];
        IatuOutboundRegion registers = _iatu.Outbound(index);
        ulong first = _blocks.OutboundSocAddress + ((ulong)RegionLengthBytes * (uint)index);
        ulong last = first + RegionLengthBytes - 1;
        registers.Control2.Write(default);
        registers.LowerBase.Write(new RegisterWord((uint)first));
        registers.UpperBase.Write(new RegisterWord((uint)(first >> 32)));
        registers.Limit.Write(new RegisterWord((uint)last));
        registers.UpperLimit.Write(new RegisterWord((uint)(last >> 32)));
        registers.LowerTarget.Write(new RegisterWord((uint)region.Target));
        registers.UpperTarget.Write(new RegisterWord((uint)(region.Target >> 32)));
        registers.Control1.Write(new IatuControl1 { IncreaseRegionSize = last >> 32 != first >> 32 });
        registers.Control2.Write(new IatuOutboundControl2 { Enable = true, DmaBypass = _wantsDmaBypass });
        region.IsInEffect = WaitForEnable(index, registers);
        return region.IsInEffect;
    }

    /// <summary>
    /// Waits for the one region that fails, and for nothing in the time after that, so that neither many users of it nor many regions stop the
    /// reactor for long.
    /// </summary>
    private bool WaitForEnable(int index, IatuOutboundRegion registers)
    {
        bool isPatient = !IsBackingOff;
        long deadline = _clock.NowNanoseconds + EnableDeadlineNanoseconds;
        for (int looks = 0; looks < EnableLooksMax; looks++)
        {
            IatuOutboundControl2 control = registers.Control2.Read();
            if (control.Enable)
            {
                HasDmaBypass &= control.DmaBypass;
                return true;
            }

            if (!isPatient)
            {
                return false;
            }

            if (_clock.NowNanoseconds > deadline)
            {
                break;
            }
        }

        _patientFromNanoseconds = _clock.NowNanoseconds + BackOffNanoseconds;
        _log?.Write("rk3588: outbound region {0} did not come into effect within {1} ms", index, EnableDeadlineNanoseconds / 1_000_000);
        return false;
    }

    private struct Region
    {
        internal ulong Target;
        internal bool IsOpen;
        internal bool IsInEffect;
        internal bool MayHaveStores;
        internal nint FlushAddress;
    }
}
