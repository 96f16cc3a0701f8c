// The host's memory requests: through a BAR and the inbound iATU into board memory, or through BAR 4 into the controller's own registers, or
// (where nothing matches) to their raw address on the SoC's bus (register reference 3.4, 4.1, 4.4).

using System.Buffers.Binary;

namespace Nvmepf.SocModel;

internal sealed class InboundPath
{
    private const int Entries = 64;
    private const int EntryBytes = 64;
    private const int Bar4IatuOffset = 0x2000;
    private const int Bar4TableOffset = 0x2_0000;
    private const int Bar4PendingOffset = 0x2_8000;
    private const int PortLogicBar = 4;

    private readonly Soc _soc;
    private readonly Entry[] _entries = new Entry[Entries];
    private readonly byte[] _data = new byte[Entries * EntryBytes];
    private int _head;
    private int _count;

    internal InboundPath(Soc soc) => _soc = soc;

    internal long DueNanoseconds => _count == 0 ? long.MaxValue : _entries[_head].ArrivesAt;

    internal void Reset() => _head = _count = 0;

    internal void LinkLost() => _head = _count = 0;

    internal void Run()
    {
        while (_count > 0 && _entries[_head].ArrivesAt <= _soc.NowNanoseconds)
        {
            ApplyHead();
        }
    }

    internal void Flush()
    {
        while (_count > 0)
        {
            ApplyHead();
        }
    }

    /// <summary>A posted write of the host's to a BAR.</summary>
    internal TlpStatus Write(int bar, ulong offset, ulong pciAddress, ReadOnlySpan<byte> data)
    {
        int delay = _soc.Faults.InboundDelayNanoseconds;
        if ((delay == 0 && _count == 0) || data.Length > EntryBytes)
        {
            Flush();
            return Apply(bar, offset, pciAddress, data);
        }

        if (_count == Entries)
        {
            ApplyHead();
        }

        long arrivesAt = _soc.NowNanoseconds + (delay > 0 ? _soc.Draw(delay) : 0);
        if (_count > 0)
        {
            arrivesAt = Math.Max(arrivesAt, _entries[(_head + _count - 1) % Entries].ArrivesAt);
        }

        int slot = (_head + _count++) % Entries;
        _entries[slot] = new Entry { Bar = bar, Offset = offset, PciAddress = pciAddress, Length = data.Length, ArrivesAt = arrivesAt };
        data.CopyTo(_data.AsSpan(slot * EntryBytes));
        return TlpStatus.Success;
    }

    internal TlpStatus Read(int bar, ulong offset, ulong pciAddress, Span<byte> data)
    {
        Flush();
        if (!Route(bar, offset, pciAddress, data.Length, out ulong physical, out TlpStatus status))
        {
            return status;
        }

        if (bar == PortLogicBar)
        {
            ReadPortLogic((int)offset, data);
            return TlpStatus.Success;
        }

        return _soc.Dram.TryRead(physical, data) ? TlpStatus.Success : TlpStatus.CompleterAbort;
    }

    private TlpStatus Apply(int bar, ulong offset, ulong pciAddress, ReadOnlySpan<byte> data)
    {
        if (!Route(bar, offset, pciAddress, data.Length, out ulong physical, out TlpStatus status))
        {
            return status;
        }

        if (bar == PortLogicBar)
        {
            WritePortLogic((int)offset, data);
            return TlpStatus.Success;
        }

        return _soc.Dram.TryWrite(physical, data) ? TlpStatus.Success : TlpStatus.CompleterAbort;
    }

    private bool Route(int bar, ulong offset, ulong pciAddress, int lengthBytes, out ulong physical, out TlpStatus status)
    {
        physical = 0;
        status = TlpStatus.UnsupportedRequest;
        if (!_soc.Config.IsMemoryEnabled || (ulong)lengthBytes > _soc.Config.Bars.Bytes(bar) - offset || offset >= _soc.Config.Bars.Bytes(bar))
        {
            return false;
        }

        _soc.Counters.HostAccesses++;
        if (bar == PortLogicBar)
        {
            return true;
        }

        if (_soc.Board.MasterState() != BlockState.Reachable || _soc.Faults.IommuBlocks)
        {
            status = TlpStatus.CompleterAbort;
            return false;
        }

        if (!_soc.Iatu.FindInbound(bar, offset, pciAddress, out physical, out status))
        {
            _soc.Violate(ViolationKind.InboundPassThrough, pciAddress);
        }

        return status == TlpStatus.Success;
    }

    private void ReadPortLogic(int offset, Span<byte> data)
    {
        for (int i = 0; i < data.Length; i++)
        {
            int at = (offset + i) & ~3;
            uint word = at >= Bar4PendingOffset ? _soc.Interrupts.ReadPending(at - Bar4PendingOffset)
                : at >= Bar4TableOffset ? _soc.Interrupts.ReadTable(at - Bar4TableOffset)
                : at >= Bar4IatuOffset ? _soc.Iatu.Read(at - Bar4IatuOffset)
                : _soc.Edma.Read(at);
            data[i] = (byte)(word >> (8 * ((offset + i) & 3)));
        }
    }

    private void WritePortLogic(int offset, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i + 4 <= data.Length; i += 4)
        {
            int at = (offset + i) & ~3;
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(data[i..]);
            if (at >= Bar4TableOffset)
            {
                if (at < Bar4PendingOffset)
                {
                    _soc.Interrupts.WriteTable(at - Bar4TableOffset, value);
                }

                continue;
            }

            _soc.Violate(ViolationKind.HostReachedPortLogic, (ulong)at);
            if (at >= Bar4IatuOffset)
            {
                _soc.Iatu.Write(at - Bar4IatuOffset, value);
            }
            else
            {
                _soc.Edma.Write(at, value, isCpu: false);
            }
        }
    }

    private void ApplyHead()
    {
        int slot = _head;
        _head = (_head + 1) % Entries;
        _count--;
        ref Entry entry = ref _entries[slot];
        _ = Apply(entry.Bar, entry.Offset, entry.PciAddress, _data.AsSpan(slot * EntryBytes, entry.Length));
    }

    private struct Entry
    {
        internal int Bar;
        internal ulong Offset;
        internal ulong PciAddress;
        internal int Length;
        internal long ArrivesAt;
    }
}
