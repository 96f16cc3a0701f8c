// Interrupts to the host: MSI by the APB register, MSI-X from the internal table by the doorbell register, INTx; and the ELBI doorbells from the
// host (register reference section 6). MSI and MSI-X by the outbound window or by eDMA need nothing from here. Not modelled: the MSI-X address
// match registers, virtual functions.

using System.Buffers.Binary;

namespace Nvmepf.SocModel;

internal sealed class Interrupts
{
    internal const int MsixVectors = 128;
    private const uint MsiEnable = 1 << 16;
    private const uint MsixEnable = 1u << 31;
    private const uint MsixFunctionMask = 1 << 30;
    private const int ElbiUserBytes = 0x40;

    private readonly Soc _soc;
    private readonly uint[] _table = new uint[MsixVectors * 4];
    private readonly uint[] _pending = new uint[MsixVectors / 32];
    private readonly uint[] _elbiStatus = new uint[2];
    private readonly ushort[] _elbiMask = new ushort[2];
    private readonly uint[] _elbiUser = new uint[ElbiUserBytes / 4];
    private readonly byte[] _word = new byte[4];
    private uint _owedMsi;

    internal Interrupts(Soc soc) => _soc = soc;

    internal void Reset()
    {
        Array.Clear(_elbiStatus);
        Array.Clear(_elbiUser);
        Array.Fill(_elbiMask, ushort.MaxValue);
        HotReset();
    }

    internal void HotReset()
    {
        Array.Clear(_table);
        Array.Clear(_pending);
        _owedMsi = 0;
        for (int vector = 0; vector < MsixVectors; vector++)
        {
            _table[(vector * 4) + 3] = 1;
        }
    }

    internal bool IsIntxAsserted => _soc.Apb.RequestsIntx && !_soc.Faults.NoIntx && !_soc.Config.IsIntxDisabled && _soc.Link.IsUp;

    /// <summary>The APB register: one bit for each vector.</summary>
    internal void GenerateMsi(uint vectors)
    {
        uint control = _soc.Config[ConfigLayout.Msi];
        int allowed = 1 << (int)((control >> 20) & 7);
        for (int vector = 0; vector < 32; vector++)
        {
            if ((vectors & (1u << vector)) == 0)
            {
                continue;
            }

            if ((control & MsiEnable) == 0 || vector >= allowed)
            {
                _soc.Violate(ViolationKind.MsiNotAllowed, (ulong)vector);
            }
            else if ((_soc.Config[ConfigLayout.MsiMask] & (1u << vector)) != 0 && !_soc.Faults.ApbMsiIgnoresMask)
            {
                _soc.Config[ConfigLayout.MsiPending] |= 1u << vector;
                _owedMsi |= 1u << vector;
            }
            else
            {
                SendMsi(vector, allowed);
            }
        }
    }

    internal void RingMsixDoorbell(uint value)
    {
        int vector = (int)(value & 0x7FF);
        if (_soc.Faults.NoMsixDoorbell || vector >= MsixVectors)
        {
            return;
        }

        uint control = _soc.Config[ConfigLayout.Msix];
        if ((control & MsixEnable) == 0)
        {
            _soc.Violate(ViolationKind.MsiNotAllowed, (ulong)vector);
        }
        else if ((control & MsixFunctionMask) != 0 || (_table[(vector * 4) + 3] & 1) != 0)
        {
            _pending[vector / 32] |= 1u << (vector & 31);
        }
        else
        {
            Send(_table[vector * 4] | ((ulong)_table[(vector * 4) + 1] << 32), _table[(vector * 4) + 2]);
        }
    }

    /// <summary>
    /// The host changed a mask or an enable: what waits and may go now goes. Pending bits that software set by itself are software's to send.
    /// </summary>
    internal void Reconsider()
    {
        uint ready = _owedMsi & ~_soc.Config[ConfigLayout.MsiMask];
        if (ready != 0 && (_soc.Config[ConfigLayout.Msi] & MsiEnable) != 0)
        {
            _owedMsi &= ~ready;
            _soc.Config[ConfigLayout.MsiPending] &= ~ready;
            GenerateMsi(ready);
        }

        uint msix = _soc.Config[ConfigLayout.Msix];
        for (int vector = 0; (msix & (MsixEnable | MsixFunctionMask)) == MsixEnable && vector < MsixVectors; vector++)
        {
            if ((_pending[vector / 32] & (1u << (vector & 31))) != 0 && (_table[(vector * 4) + 3] & 1) == 0)
            {
                _pending[vector / 32] &= ~(1u << (vector & 31));
                RingMsixDoorbell((uint)vector);
            }
        }
    }

    internal uint ReadTable(int offset) => offset < _table.Length * 4 ? _table[offset / 4] : 0;

    internal void WriteTable(int offset, uint value)
    {
        if (offset < _table.Length * 4)
        {
            _table[offset / 4] = (offset & 0xF) == 12 ? value & 1 : value;
            Reconsider();
        }
    }

    internal uint ReadPending(int offset) => offset < _pending.Length * 4 ? _pending[offset / 4] : 0;

    /// <summary>The host's doorbell: pairs of a write enable (upper half) and a bit.</summary>
    internal void RingElbi(int index, uint value)
    {
        _elbiStatus[index] |= (value >> 16) & value;
        if ((_elbiStatus[index] & ~(uint)_elbiMask[index]) != 0)
        {
            _soc.Apb.Latch(ApbClient.ElbiRang);
        }
    }

    /// <summary>The local side, from 0xe00 of the ELBI block on: status, status, mask, mask, user data.</summary>
    internal uint ReadElbi(int offset) => offset switch
    {
        0 or 4 => _elbiStatus[offset / 4],
        8 or 12 => _elbiMask[(offset - 8) / 4],
        _ => offset < 0x10 + ElbiUserBytes ? _elbiUser[(offset - 0x10) / 4] : 0,
    };

    internal void WriteElbi(int offset, uint value)
    {
        uint mask = value >> 16;
        if (offset is 0 or 4)
        {
            _elbiStatus[offset / 4] &= ~mask;
        }
        else if (offset is 8 or 12)
        {
            ref ushort stored = ref _elbiMask[(offset - 8) / 4];
            stored = (ushort)((stored & ~mask) | (value & mask));
        }
        else if (offset < 0x10 + ElbiUserBytes)
        {
            _elbiUser[(offset - 0x10) / 4] = value;
        }
    }

    private void SendMsi(int vector, int allowed)
    {
        ulong address = _soc.Config[ConfigLayout.MsiAddressLow] | ((ulong)_soc.Config[ConfigLayout.MsiAddressHigh] << 32);
        uint data = (_soc.Config[ConfigLayout.MsiData] & ~((uint)allowed - 1)) | (uint)vector;
        Send(address, data);
    }

    private void Send(ulong address, uint data)
    {
        _soc.Log.Add(_soc.NowNanoseconds, SocEvent.Msi, address, data);
        BinaryPrimitives.WriteUInt32LittleEndian(_word, data);
        _soc.Bridge.Post(OutboundBridge.SourceMsi, address, address, _word);
    }
}
