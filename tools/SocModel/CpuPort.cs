// The CPU's accesses: which block an address belongs to, whether that block can be reached, what widths it takes, and the outbound window
// (register reference 1.1, 3, 8).

using System.Buffers.Binary;

namespace Nvmepf.SocModel;

internal sealed class CpuPort
{
    private const int Dbi2 = 0x10_0000;
    private const int Elbi = 0x20_0E00;
    private const int ElbiBytes = 0x50;
    private const int Atu = 0x30_0000;
    private const int EdmaOffset = 0x38_0000;
    private const int ConfigBytes = 0x1000;

    private readonly Soc _soc;
    private readonly byte[] _word = new byte[8];

    internal CpuPort(Soc soc) => _soc = soc;

    private enum Block
    {
        Dbi,
        Apb,
        Cru,
        Pmu,
        PhpGrf,
        PhyGrf,
        Gpio,
        Window,
        Memory,
    }

    internal bool Read(ulong address, int widthBytes, out ulong value)
    {
        value = ulong.MaxValue >> (64 - (8 * widthBytes));
        Block block = Find(address, out int offset);
        _soc.Advance(block == Block.Memory ? _soc.Times.UncachedReadNanoseconds : _soc.Times.CpuReadNanoseconds);

        if (!Check(block, address, offset, widthBytes))
        {
            return Fault();
        }

        switch (block)
        {
            case Block.Window:
                return ReadWindow(address, widthBytes, ref value);
            case Block.Memory:
                return ReadMemory(address, widthBytes, ref value);
            default:
                _soc.Counters.CountRead(Counted(block, offset));
                uint word = ReadRegister(block, offset & ~3);
                value = (word >> (8 * (offset & 3))) & (uint)value;
                _soc.Log.Add(_soc.NowNanoseconds, SocEvent.RegisterRead, address, value);
                return true;
        }
    }

    internal bool Write(ulong address, int widthBytes, ulong value)
    {
        Block block = Find(address, out int offset);
        _soc.Advance(block == Block.Memory ? _soc.Times.UncachedWriteNanoseconds : _soc.Times.CpuWriteNanoseconds);

        if (!Check(block, address, offset, widthBytes))
        {
            return Fault();
        }

        switch (block)
        {
            case Block.Window:
                return WriteWindow(address, widthBytes, value);
            case Block.Memory:
                return WriteMemory(address, widthBytes, value);
            default:
                _soc.Counters.CountWrite(Counted(block, offset));
                _soc.Log.Add(_soc.NowNanoseconds, SocEvent.RegisterWrite, address, value);
                int shift = 8 * (offset & 3);
                uint lanes = (uint)(ulong.MaxValue >> (64 - (8 * widthBytes))) << shift;
                WriteRegister(block, offset & ~3, (uint)value << shift, lanes);
                return true;
        }
    }

    private static Block Find(ulong address, out int offset)
    {
        if (IsIn(address, SocMap.Dbi, SocMap.DbiBytes, out offset) || IsIn(address, SocMap.DbiAlias, SocMap.DbiBytes, out offset))
        {
            return Block.Dbi;
        }

        return IsIn(address, SocMap.Outbound, SocMap.OutboundBytes, out offset) ? Block.Window
            : IsIn(address, SocMap.Apb, SocMap.ApbBytes, out offset) ? Block.Apb
            : IsIn(address, SocMap.Cru, SocMap.CruBytes, out offset) ? Block.Cru
            : IsIn(address, SocMap.Pmu, SocMap.PmuBytes, out offset) ? Block.Pmu
            : IsIn(address, SocMap.PhpGrf, SocMap.PhpGrfBytes, out offset) ? Block.PhpGrf
            : IsIn(address, SocMap.PhyGrf, SocMap.PhyGrfBytes, out offset) ? Block.PhyGrf
            : IsIn(address, SocMap.Gpio4, SocMap.GpioBytes, out offset) ? Block.Gpio
            : Block.Memory;
    }

    private static bool IsIn(ulong address, ulong start, int bytes, out int offset)
    {
        offset = (int)(address - start);
        return address >= start && address - start < (ulong)bytes;
    }

    private static RegisterBlock Counted(Block block, int offset) => block switch
    {
        Block.Dbi => offset >= EdmaOffset ? RegisterBlock.Edma : offset >= Atu ? RegisterBlock.Iatu : RegisterBlock.Configuration,
        Block.Apb => RegisterBlock.Apb,
        _ => RegisterBlock.Board,
    };

    private bool Fault()
    {
        _soc.Counters.BusFaults++;
        return false;
    }

    private bool Check(Block block, ulong address, int offset, int widthBytes)
    {
        if (widthBytes is not (1 or 2 or 4 or 8) || (address & (ulong)(widthBytes - 1)) != 0)
        {
            return Refuse(ViolationKind.UnalignedAccess, address);
        }

        // DBI takes bytes and halfwords too; the eDMA and the glue registers take words only.
        bool isNarrowAllowed = block is Block.Window or Block.Memory || (block == Block.Dbi && offset < Atu);
        bool isWideAllowed = block is Block.Window or Block.Memory;
        if ((widthBytes > 4 && !isWideAllowed) || (widthBytes < 4 && !isNarrowAllowed))
        {
            return Refuse(ViolationKind.WideAccess, address);
        }

        BlockState state = block switch
        {
            Block.Dbi => _soc.Board.DbiState(),
            Block.Apb => _soc.Board.ApbState(),
            Block.Window => _soc.Board.WindowState(),
            _ => BlockState.Reachable,
        };
        return state switch
        {
            BlockState.Unpowered => Refuse(ViolationKind.UnpoweredBlock, address),
            BlockState.Gated => Refuse(ViolationKind.GatedBlock, address),
            BlockState.InReset => Refuse(ViolationKind.BlockInReset, address),
            _ => true,
        };
    }

    private bool Refuse(ViolationKind kind, ulong address)
    {
        _soc.Violate(kind, address);
        return false;
    }

    private uint ReadRegister(Block block, int offset) => block switch
    {
        Block.Apb => _soc.Apb.Read(offset),
        Block.Cru => _soc.Board.ReadCru(offset),
        Block.Pmu => _soc.Board.ReadPmu(offset),
        Block.PhpGrf => _soc.Board.ReadPhpGrf(offset),
        Block.PhyGrf => _soc.Board.ReadPhyGrf(offset),
        Block.Gpio => _soc.Board.ReadGpio(offset),
        _ => ReadDbi(offset),
    };

    private void WriteRegister(Block block, int offset, uint value, uint lanes)
    {
        switch (block)
        {
            case Block.Apb:
                _soc.Apb.Write(offset, value);
                break;
            case Block.Cru:
                _soc.Board.WriteCru(offset, value);
                break;
            case Block.Pmu:
                _soc.Board.WritePmu(offset, value);
                break;
            case Block.PhpGrf:
                _soc.Board.WritePhpGrf(offset, value);
                break;
            case Block.PhyGrf:
                _soc.Board.WritePhyGrf(offset, value);
                break;
            case Block.Gpio:
                _soc.Board.WriteGpio(offset, value);
                break;
            default:
                WriteDbi(offset, value, lanes);
                break;
        }
    }

    private uint ReadDbi(int offset)
    {
        switch (offset)
        {
            case < ConfigBytes:
                return _soc.Config.Read(offset);
            case >= Dbi2 and < Dbi2 + ConfigBytes:
                return _soc.Config.Read(offset - Dbi2);
            case >= Elbi and < Elbi + ElbiBytes:
                return _soc.Interrupts.ReadElbi(offset - Elbi);
            case >= Atu and < EdmaOffset:
                return _soc.Apb.ShowsMsixRam ? _soc.Interrupts.ReadTable(offset - Atu) : _soc.Iatu.Read(offset - Atu);
            case >= EdmaOffset:
                _soc.Edma.Disturb();
                return _soc.Edma.Read(offset - EdmaOffset);
            default:
                return 0;
        }
    }

    private void WriteDbi(int offset, uint value, uint lanes)
    {
        switch (offset)
        {
            case < ConfigBytes:
                _soc.Config.WriteLocal(offset, value, lanes);
                break;
            case >= Dbi2 and < Dbi2 + ConfigBytes:
                _soc.Config.WriteShadow(offset - Dbi2, value);
                break;
            case >= Elbi and < Elbi + ElbiBytes:
                _soc.Interrupts.WriteElbi(offset - Elbi, value);
                break;
            case >= Atu and < EdmaOffset:
                if (_soc.Apb.ShowsMsixRam)
                {
                    _soc.Interrupts.WriteTable(offset - Atu, value);
                }
                else
                {
                    _soc.Iatu.Write(offset - Atu, value);
                }

                break;
            case >= EdmaOffset:
                _soc.Edma.Write(offset - EdmaOffset, value, isCpu: true);
                break;
        }
    }

    private bool ReadWindow(ulong address, int widthBytes, ref ulong value)
    {
        _soc.Counters.WindowReads++;
        if (!EnterWindow(address, out int region, out ulong pciAddress))
        {
            return Fault();
        }

        bool isErrorSilent = (_soc.Config[ConfigLayout.AmbaErrorResponse] & 1) == 0;
        if (!_soc.Link.IsUp)
        {
            return LoseLink(address) && (isErrorSilent || Fault());
        }

        TlpStatus status = _soc.Bridge.Read(pciAddress, _word.AsSpan(0, widthBytes));
        _soc.Iatu.NoteTraffic(region, isStore: false);
        _soc.Advance(status == TlpStatus.Timeout ? _soc.Faults.CompletionTimeoutNanoseconds : _soc.Times.RoundTripNanoseconds);
        if (status == TlpStatus.Success)
        {
            _word.AsSpan(widthBytes).Clear();
            value = BinaryPrimitives.ReadUInt64LittleEndian(_word);
        }

        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.WindowRead, pciAddress, value);
        return status == TlpStatus.Success || isErrorSilent || Fault();
    }

    private bool WriteWindow(ulong address, int widthBytes, ulong value)
    {
        _soc.Counters.WindowWrites++;
        if (!EnterWindow(address, out int region, out ulong pciAddress))
        {
            return Fault();
        }

        if (!_soc.Link.IsUp)
        {
            return LoseLink(address);
        }

        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.WindowWrite, pciAddress, value);
        BinaryPrimitives.WriteUInt64LittleEndian(_word, value);
        _soc.Iatu.NoteTraffic(region, isStore: true);
        _soc.Bridge.Post(OutboundBridge.SourceWindow, address, pciAddress, _word.AsSpan(0, widthBytes));
        return true;
    }

    private bool EnterWindow(ulong address, out int region, out ulong pciAddress)
    {
        region = _soc.Iatu.FindOutbound(address, out pciAddress);
        if (region < 0)
        {
            return Refuse(ViolationKind.WindowWithoutRegion, address);
        }

        if (!_soc.Iatu.IsPolled(region))
        {
            _soc.Violate(ViolationKind.RegionNotPolled, (ulong)region);
        }

        return true;
    }

    // Dropped, and reads as all ones; whether a board takes it so quietly is not known.
    private bool LoseLink(ulong address)
    {
        _soc.Violate(ViolationKind.WindowWithoutLink, address);
        _soc.Counters.TlpsLost++;
        return !_soc.Faults.WindowWithoutLinkFaults || Fault();
    }

    private bool ReadMemory(ulong address, int widthBytes, ref ulong value)
    {
        _soc.Counters.UncachedReads++;
        _word.AsSpan().Clear();
        if (!_soc.Dram.TryRead(address, _word.AsSpan(0, widthBytes)))
        {
            _soc.Violate(ViolationKind.UnmappedAddress, address);
            return Fault();
        }

        value = BinaryPrimitives.ReadUInt64LittleEndian(_word);
        return true;
    }

    private bool WriteMemory(ulong address, int widthBytes, ulong value)
    {
        _soc.Counters.UncachedWrites++;
        BinaryPrimitives.WriteUInt64LittleEndian(_word, value);
        _soc.NoteListStore();
        if (!_soc.Dram.TryWrite(address, _word.AsSpan(0, widthBytes)))
        {
            _soc.Violate(ViolationKind.UnmappedAddress, address);
            return Fault();
        }

        return true;
    }
}
