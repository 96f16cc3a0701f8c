// The platform as tests see it: the only mock, and it stands exactly where the hardware would. BAR 0 is memory, host memory is
// FakeHostMemory, DMA is FakeHostDma, the clock moves when the test moves it, interrupts are counted, and what the host does to
// registers, link and memory is queued by the test and delivered in Poll, one thing a call, as a real platform delivers it.
// Where register writes are not trapped, host and firmware have a view of BAR 0 each, as on a board whose PCIe does not snoop: what the
// host writes comes over in Poll, what the firmware writes when it publishes it.
// It allocates nothing once built, so that allocation tests measure the firmware.
using System.Runtime.InteropServices;
using Nvmepf.Hal;
using Nvmepf.Hal.Mmio;

namespace Nvmepf.Tests.Support;

public sealed record FakePlatformOptions
{
    /// <summary>Every decision of the fake comes from this.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>True: the firmware is told of each register write. False: writes land in BAR memory and it has to notice.</summary>
    public bool TrapsRegisterWrites { get; init; } = true;

    /// <summary>True: a completion queue in memory without a pointer gets a window, as many as <see cref="CompletionQueueLimit"/>.</summary>
    public bool HasWindows { get; init; }

    public int InterruptVectorCount { get; init; } = 16;

    public int CompletionQueueLimit { get; init; } = int.MaxValue;

    public int HostMemoryRegionsMax { get; init; } = 64;

    public int DmaRequestsMax { get; init; } = 32;

    public int DmaSegmentsMax { get; init; } = 512;
}

public sealed unsafe class FakePlatform : IPlatform
{
    private const int EventsMax = 1024;

    private readonly FakePlatformOptions _options;
    private readonly HostEvent[] _events = new HostEvent[EventsMax];
    private readonly long[] _interrupts;
    private readonly bool[] _isMasked;
    private readonly bool[] _isPending;
    private readonly byte* _bar;
    private readonly byte* _hostBar; // the host's view; the same memory where writes are trapped
    private readonly byte* _hostBarSeen; // as of the last Poll or publication
    private readonly OrdinaryMemory _dmaMemory = new();
    private IFunctionHandler? _handler;
    private int _eventHead;
    private int _eventCount;
    private ulong _leavingAddress;
    private ulong _leavingBytes;

    public FakePlatform()
        : this(new FakePlatformOptions())
    {
    }

    public FakePlatform(FakePlatformOptions options)
    {
        _options = options;
        _bar = (byte*)NativeMemory.AlignedAlloc(Bar0Layout.LengthBytes, 4096);
        NativeMemory.Clear(_bar, Bar0Layout.LengthBytes);
        Bar0 = new Bar0Memory((nint)_bar, Bar0Layout.LengthBytes);
        _hostBar = _bar;
        if (!options.TrapsRegisterWrites)
        {
            _hostBar = (byte*)NativeMemory.AllocZeroed(2 * Bar0Layout.LengthBytes);
            _hostBarSeen = _hostBar + Bar0Layout.LengthBytes;
        }

        HostBar = new Bar0Memory((nint)_hostBar, Bar0Layout.LengthBytes);
        Memory = new FakeHostMemory(options.HostMemoryRegionsMax);
        Dma = new FakeHostDma(Memory, options.Seed, options.DmaRequestsMax, options.DmaSegmentsMax);
        _interrupts = new long[options.InterruptVectorCount];
        _isMasked = new bool[options.InterruptVectorCount];
        _isPending = new bool[options.InterruptVectorCount];
    }

    public string Name => "fake";

    public Bar0Memory Bar0 { get; }

    /// <summary>BAR 0 as the host reads and writes it.</summary>
    public Bar0Memory HostBar { get; }

    public FakeHostMemory Memory { get; }

    public FakeHostDma Dma { get; }

    public HostMemoryMap HostMemory => Memory.Map;

    public IHostDma HostDma => Dma;

    public int InterruptVectorCount => _options.InterruptVectorCount;

    public int CompletionQueueLimit => _options.CompletionQueueLimit;

    public bool TrapsRegisterWrites => _options.TrapsRegisterWrites;

    public bool HasLevelInterrupts { get; set; }

    public bool IsMsixEnabled { get; set; } = true;

    /// <summary>Windows that are open.</summary>
    public int WindowCount { get; private set; }

    public bool IsBusMasterEnabled { get; set; } = true;

    public long NowNanoseconds { get; set; } = 1_000_000_000;

    /// <summary>Added to the clock by every <see cref="Poll"/>, so that waits with a deadline end; 0 for a clock that stands still.</summary>
    public long NanosecondsPerPoll { get; set; } = 1_000;

    /// <summary>What the host does at the moment before the firmware refreshes a part of BAR 0, whose offset it is given.</summary>
    public Action<uint>? BeforeRefresh { get; set; }

    /// <summary>Events that the test queued and Poll has not delivered.</summary>
    public int QueuedEventCount => _eventCount;

    /// <summary>Longest time that a reset, a link loss or an unmap waited for the firmware, in calls of Poll.</summary>
    public int LongestWaitPolls { get; private set; }

    /// <summary>What the fake waits for before it goes on with the next event.</summary>
    public FakePlatformWait Waiting { get; private set; }

    private int WaitedPolls { get; set; }

    public void Start(IFunctionHandler handler)
    {
        _handler = handler;
        TakeHostWrites();
    }

    public bool Poll()
    {
        NowNanoseconds += NanosecondsPerPoll;
        TakeHostWrites();
        if (Waiting != FakePlatformWait.None && !EndWait())
        {
            return true;
        }

        if (_eventCount == 0 || _handler == null)
        {
            return false;
        }

        HostEvent next = _events[_eventHead];
        _eventHead = (_eventHead + 1) % EventsMax;
        _eventCount--;
        Deliver(in next);
        TakeHostWrites();
        return true;
    }

    public void RaiseInterrupt(int vector)
    {
        if (_isMasked[vector])
        {
            _isPending[vector] = true;
            return;
        }

        // A level that stands already is no news to the host.
        _interrupts[vector] += HasLevelInterrupts && _isPending[vector] ? 0 : 1;
        _isPending[vector] = HasLevelInterrupts;
    }

    public void LowerInterrupt(int vector) => _isPending[vector] = false;

    public void PublishBar0(uint offsetBytes, uint lengthBytes)
    {
        for (uint i = offsetBytes; i < offsetBytes + lengthBytes && _hostBar != _bar; i += sizeof(uint))
        {
            *(uint*)(_hostBar + i) = *(uint*)(_bar + i);
            *(uint*)(_hostBarSeen + i) = *(uint*)(_bar + i);
        }
    }

    public void RefreshBar0(uint offsetBytes, uint lengthBytes)
    {
        BeforeRefresh?.Invoke(offsetBytes);
        TakeHostWrites(offsetBytes, lengthBytes);
    }

    public nint OpenWindow(ulong hostAddress, uint lengthBytes)
    {
        if (!_options.HasWindows || WindowCount >= _options.CompletionQueueLimit)
        {
            return 0;
        }

        nint window = (nint)Memory.TryPointer(hostAddress, lengthBytes);
        WindowCount += window != 0 ? 1 : 0;
        return window;
    }

    public void CloseWindow(nint window)
    {
        if (window == 0 || WindowCount == 0)
        {
            throw new InvalidOperationException("no window was opened");
        }

        WindowCount--;
    }

    public byte* AllocateDmaMemory(nuint lengthBytes)
    {
        if (_handler != null)
        {
            throw new InvalidOperationException("DMA memory is given out before the platform starts");
        }

        byte* memory = _dmaMemory.Allocate(lengthBytes);
        Dma.AddLocalMemory(memory, lengthBytes);
        return memory;
    }

    public int GetWakeDescriptors(Span<int> descriptors) => 0;

    /// <summary>Interrupts that reached the host.</summary>
    public long InterruptCount(int vector) => _interrupts[vector];

    /// <summary>True for a masked vector with an interrupt to come, and for a level that is asserted.</summary>
    public bool IsInterruptPending(int vector) => _isPending[vector];

    /// <summary>Masks or unmasks a vector as the MSI-X table entry does; unmasking sends what is pending.</summary>
    public void SetInterruptMask(int vector, bool isMasked)
    {
        _isMasked[vector] = isMasked;
        if (!isMasked && _isPending[vector])
        {
            _isPending[vector] = false;
            _interrupts[vector]++;
        }
    }

    public void QueueRegisterWrite(uint offsetBytes, ulong value, int widthBytes) =>
        Queue(new HostEvent { Kind = EventKind.RegisterWrite, Offset = offsetBytes, Value = value, Width = widthBytes });

    public void QueueLinkUp() => Queue(new HostEvent { Kind = EventKind.LinkUp });

    /// <summary>Queues a loss of the link. DMA under way ends as LinkLost.</summary>
    public void QueueLinkDown() => Queue(new HostEvent { Kind = EventKind.LinkDown });

    public void QueueReset(ResetKind kind) => Queue(new HostEvent { Kind = EventKind.Reset, Value = (ulong)kind });

    public void QueueMap(ulong address, ulong lengthBytes, bool isDirect) =>
        Queue(new HostEvent { Kind = isDirect ? EventKind.MapDirect : EventKind.MapDma, Value = address, Length = lengthBytes });

    /// <summary>
    /// Queues the unmapping of a range: out of the map at once, then later events wait until no command uses it, and then its bytes are
    /// overwritten, as if the memory belonged to somebody else from then on.
    /// </summary>
    public void QueueUnmap(ulong address, ulong lengthBytes) =>
        Queue(new HostEvent { Kind = EventKind.Unmap, Value = address, Length = lengthBytes });

    /// <summary>The byte that unmapped memory is overwritten with; a device that still writes there destroys it.</summary>
    public const byte UnmappedByte = 0xDB;

    public void Dispose()
    {
        NativeMemory.AlignedFree(_bar);
        if (_hostBar != _bar)
        {
            NativeMemory.Free(_hostBar);
        }

        Memory.Dispose();
        _dmaMemory.Dispose();
    }

    private void Queue(HostEvent item)
    {
        if (_eventCount == EventsMax)
        {
            throw new InvalidOperationException("the test queued more events than the fake holds; poll in between");
        }

        _events[(_eventHead + _eventCount) % EventsMax] = item;
        _eventCount++;
    }

    private void Deliver(in HostEvent item)
    {
        switch (item.Kind)
        {
            case EventKind.RegisterWrite when _options.TrapsRegisterWrites:
                _handler!.RegisterWrite(item.Offset, item.Value, item.Width);
                break;
            case EventKind.RegisterWrite:
                StoreInBar(item.Offset, item.Value, item.Width);
                break;
            case EventKind.LinkUp:
                _handler!.LinkUp();
                break;
            case EventKind.LinkDown:
                Dma.LoseLink();
                _handler!.LinkDown();
                BeginWait(FakePlatformWait.Quiescence);
                break;
            case EventKind.Reset:
                _handler!.FunctionReset((ResetKind)item.Value);
                BeginWait(FakePlatformWait.Quiescence);
                break;
            case EventKind.MapDirect:
            case EventKind.MapDma:
                Memory.MapRange(item.Value, item.Length, item.Kind == EventKind.MapDirect);
                break;
            default:
                Memory.UnmapRange(item.Value, item.Length);
                _leavingAddress = item.Value;
                _leavingBytes = item.Length;
                BeginWait(FakePlatformWait.HostMemory);
                break;
        }
    }

    private void StoreInBar(uint offset, ulong value, int width)
    {
        for (int i = 0; i < width && offset + i < Bar0Layout.LengthBytes; i++)
        {
            _hostBar[offset + i] = (byte)(value >> (8 * i));
        }
    }

    private void TakeHostWrites()
    {
        const int Bytes = (int)(Bar0Layout.DoorbellBase + Bar0Layout.DoorbellLengthBytes);
        if (_hostBar == _bar || new ReadOnlySpan<byte>(_hostBar, Bytes).SequenceEqual(new ReadOnlySpan<byte>(_hostBarSeen, Bytes)))
        {
            return;
        }

        TakeHostWrites(0, Bytes);
    }

    private void TakeHostWrites(uint offsetBytes, uint lengthBytes)
    {
        for (uint i = offsetBytes; i < offsetBytes + lengthBytes && _hostBar != _bar; i += sizeof(uint))
        {
            if (*(uint*)(_hostBar + i) != *(uint*)(_hostBarSeen + i))
            {
                *(uint*)(_hostBarSeen + i) = *(uint*)(_hostBar + i);
                Mmio.Write32((uint*)(_bar + i), *(uint*)(_hostBar + i));
            }
        }
    }

    private void BeginWait(FakePlatformWait what)
    {
        Waiting = what;
        WaitedPolls = 0;
        _ = EndWait();
    }

    private bool EndWait()
    {
        bool isOver = Waiting == FakePlatformWait.Quiescence
            ? _handler!.IsQuiescent
            : !_handler!.IsHostMemoryInUse(_leavingAddress, _leavingBytes);
        if (!isOver)
        {
            WaitedPolls++;
            LongestWaitPolls = Math.Max(LongestWaitPolls, WaitedPolls);
            return false;
        }

        if (Waiting == FakePlatformWait.HostMemory)
        {
            byte* gone = Memory.TryPointer(_leavingAddress, _leavingBytes);
            if (gone != null)
            {
                NativeMemory.Fill(gone, (nuint)_leavingBytes, UnmappedByte);
            }
        }

        Waiting = FakePlatformWait.None;
        return true;
    }

    private enum EventKind : byte
    {
        RegisterWrite,
        LinkUp,
        LinkDown,
        Reset,
        MapDirect,
        MapDma,
        Unmap,
    }

    private struct HostEvent
    {
        public EventKind Kind;
        public uint Offset;
        public int Width;
        public ulong Value;
        public ulong Length;
    }
}

/// <summary>What <see cref="FakePlatform"/> holds its next event back for.</summary>
public enum FakePlatformWait : byte
{
    None,
    Quiescence,
    HostMemory,
}
