// What leaves for the host: posted writes of the CPU's window stores, of eDMA channels and of interrupts, and reads. Keeps the order of posted
// writes (unless a fault says otherwise), lets reads push them, and drops the link at the TLP that a fault names.

namespace Nvmepf.SocModel;

internal sealed class OutboundBridge
{
    /// <summary>Sources of posted writes: eDMA channels 0 to 3, then these.</summary>
    internal const int SourceWindow = 4;

    internal const int SourceMsi = 5;

    private const int Entries = 256;
    private const int EntryBytes = 256;

    private readonly Soc _soc;
    private readonly Entry[] _entries = new Entry[Entries];
    private readonly byte[] _data = new byte[Entries * EntryBytes];
    private int _head;
    private int _count;

    internal OutboundBridge(Soc soc) => _soc = soc;

    /// <summary>When the oldest waiting write leaves.</summary>
    internal long DueNanoseconds => _count == 0 ? long.MaxValue : _entries[_head].LeavesAt;

    /// <summary>Room for another write; without it the writer waits.</summary>
    internal bool HasRoom => _count < Entries;

    internal void Reset() => _head = _count = 0;

    /// <summary>Everything that waits is lost.</summary>
    internal void LinkLost()
    {
        _soc.Counters.TlpsLost += _count;
        _head = _count = 0;
    }

    /// <summary>A posted write of at most 256 bytes. <paramref name="socAddress"/> is what the iATU would translate again later.</summary>
    internal void Post(int source, ulong socAddress, ulong pciAddress, ReadOnlySpan<byte> data)
    {
        if (source >= SourceWindow)
        {
            // The engine's own writes take their time where the engine takes it.
            _soc.Times.Store(data.Length);
            _soc.Counters.ControllerMessages += source == SourceMsi ? 1 : 0;
        }

        bool waits = _soc.Faults.PostedDelayNanoseconds > 0 || _count > 0;
        if (!waits)
        {
            Send(pciAddress, data);
            return;
        }

        if (!HasRoom)
        {
            SendHead();
        }

        int delay = _soc.Faults.PostedDelayNanoseconds > 0 ? _soc.Draw(_soc.Faults.PostedDelayNanoseconds) : 0;
        int slot = (_head + _count) % Entries;
        long leavesAt = _soc.NowNanoseconds + delay;
        if (_count > 0)
        {
            leavesAt = Math.Max(leavesAt, _entries[(_head + _count - 1) % Entries].LeavesAt);
        }

        _entries[slot] = new Entry { Source = source, SocAddress = socAddress, PciAddress = pciAddress, Length = data.Length, LeavesAt = leavesAt };
        data.CopyTo(_data.AsSpan(slot * EntryBytes));
        _count++;
        Overtake();
    }

    internal void Run()
    {
        while (_count > 0 && _entries[_head].LeavesAt <= _soc.NowNanoseconds)
        {
            SendHead();
        }
    }

    /// <summary>Sends everything that waits: what a read does.</summary>
    internal void Flush()
    {
        while (_count > 0)
        {
            SendHead();
        }
    }

    /// <summary>A read request; at most 4096 bytes inside a 4 KiB page.</summary>
    internal TlpStatus Read(ulong pciAddress, Span<byte> data)
    {
        Flush();
        if (!CanSend(pciAddress))
        {
            return TlpStatus.UnsupportedRequest;
        }

        _soc.Counters.ReadTlps++;
        TlpStatus status = CountDown() ? TlpStatus.Timeout : DrawStatus();
        if (status == TlpStatus.Success)
        {
            status = _soc.Fabric.Read(pciAddress, data);
        }

        NoteAnswer(status);

        // What the host wrote before it answered arrives before the answer.
        _soc.Inbound.Flush();
        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.TlpRead, pciAddress, (uint)data.Length | ((ulong)status << 32));
        _soc.Counters.BytesFromHost += status == TlpStatus.Success ? data.Length : 0;
        return status;
    }

    /// <summary>Counts a TLP of either direction; true where the link drops at it.</summary>
    internal bool CountDown()
    {
        if (_soc.Faults.DropLinkAfterTlps <= 0 || --_soc.Faults.DropLinkAfterTlps > 0)
        {
            return false;
        }

        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.Fault, 1, 0);
        _soc.Host.DropLink();
        return true;
    }

    // PCI Status: Received Master Abort and Received Target Abort, until somebody clears them.
    private void NoteAnswer(TlpStatus status) => _soc.Config[ConfigLayout.Command] |=
        status == TlpStatus.UnsupportedRequest ? 1u << 29 : status == TlpStatus.CompleterAbort ? 1u << 28 : 0;

    private TlpStatus DrawStatus()
    {
        SocFaults faults = _soc.Faults;
        return faults.HostNeverAnswers || _soc.Chance(faults.TimeoutPerMillion) ? TlpStatus.Timeout
            : _soc.Chance(faults.UnsupportedRequestPerMillion) ? TlpStatus.UnsupportedRequest
            : _soc.Chance(faults.CompleterAbortPerMillion) ? TlpStatus.CompleterAbort
            : _soc.Chance(faults.PoisonPerMillion) ? TlpStatus.Poisoned : TlpStatus.Success;
    }

    private bool CanSend(ulong pciAddress)
    {
        if (!_soc.Link.IsUp)
        {
            _soc.Counters.TlpsLost++;
            return false;
        }

        if (!_soc.Config.IsBusMaster)
        {
            _soc.Violate(ViolationKind.BusMasterOff, pciAddress);
            _soc.Counters.TlpsLost++;
            return false;
        }

        return true;
    }

    // A write may overtake the one before it, if that is another source's.
    private void Overtake()
    {
        Span<byte> swap = stackalloc byte[EntryBytes];
        int slot = (_head + _count - 1) % Entries;
        for (int i = _count - 1; i > 0; i--)
        {
            int before = (slot + Entries - 1) % Entries;
            if (_entries[before].Source == _entries[slot].Source || !_soc.Chance(_soc.Faults.PostedReorderPerMillion))
            {
                return;
            }

            (_entries[before], _entries[slot]) = (_entries[slot], _entries[before]);
            (_entries[before].LeavesAt, _entries[slot].LeavesAt) = (_entries[slot].LeavesAt, _entries[before].LeavesAt);
            _data.AsSpan(before * EntryBytes, EntryBytes).CopyTo(swap);
            _data.AsSpan(slot * EntryBytes, EntryBytes).CopyTo(_data.AsSpan(before * EntryBytes));
            swap.CopyTo(_data.AsSpan(slot * EntryBytes));
            slot = before;
        }
    }

    private void SendHead()
    {
        int slot = _head;
        ref Entry entry = ref _entries[slot];
        _head = (_head + 1) % Entries;
        _count--;
        ulong address = entry.PciAddress;
        if (_soc.Faults.LateTranslation && entry.Source == SourceWindow)
        {
            _ = _soc.Iatu.FindOutbound(entry.SocAddress, out address);
        }

        Send(address, _data.AsSpan(slot * EntryBytes, entry.Length));
    }

    private void Send(ulong pciAddress, ReadOnlySpan<byte> data)
    {
        if (!CanSend(pciAddress))
        {
            return;
        }

        _soc.Counters.WriteTlps++;
        if (CountDown() || _soc.Faults.HostNeverAnswers)
        {
            _soc.Counters.TlpsLost++;
            return;
        }

        _soc.Counters.BytesToHost += data.Length;
        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.TlpWrite, pciAddress, (uint)data.Length);
        _soc.Fabric.Write(pciAddress, data);
    }

    private struct Entry
    {
        internal int Source;
        internal ulong SocAddress;
        internal ulong PciAddress;
        internal int Length;
        internal long LeavesAt;
    }
}
