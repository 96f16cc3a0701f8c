using Nvmepf.Hal.DesignWare;

namespace Nvmepf.Hal.Rk3588;

/// <summary>
/// One linked list with what belongs to its elements: which request, which local bytes, and the bounce memory where local bytes are not the
/// engine's own. Filled, sealed, run, and either finished or thrown away.
/// </summary>
internal sealed unsafe class EdmaTransferList
{
    private const uint BounceAlignmentBytes = 64;

    private readonly DmaMemory _memory;
    private readonly EdmaList _list;
    private readonly DmaDirection _direction;
    private readonly Element[] _elements = new Element[EdmaList.DataElementsMax];
    private readonly byte* _bounce; // device memory of the carve-out, or null where local memory is the engine's own
    private readonly uint _bounceLengthBytes;
    private uint _bounceUsedBytes;

    /// <summary>Takes memory for the list, and with <paramref name="bounceLengthBytes"/> other than 0 for bouncing.</summary>
    internal EdmaTransferList(DmaMemory memory, DmaDirection direction, uint bounceLengthBytes)
    {
        _memory = memory;
        _direction = direction;
        byte* list = memory.Allocate(EdmaList.LengthBytes);
        _list = new EdmaList((nint)list, memory.PhysicalOf(list));
        _bounceLengthBytes = bounceLengthBytes;
        _bounce = bounceLengthBytes != 0 ? memory.Allocate(bounceLengthBytes) : null;
    }

    /// <summary>Elements in it.</summary>
    internal int Count { get; private set; }

    /// <summary>Bytes that they move.</summary>
    internal ulong Bytes { get; private set; }

    /// <summary>Nothing more fits.</summary>
    internal bool IsFull => Count == EdmaList.DataElementsMax || (_bounce != null && _bounceUsedBytes == _bounceLengthBytes);

    /// <summary>What the engine is to be told as list pointer.</summary>
    internal ulong Physical => _list.Physical;

    /// <summary>The request of an element.</summary>
    internal int RequestOf(int element) => _elements[element].Request;

    /// <summary>Whether all elements belong to one request.</summary>
    internal bool IsOfOneRequest
    {
        get
        {
            for (int i = 1; i < Count; i++)
            {
                if (_elements[i].Request != _elements[0].Request)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>
    /// Adds as much of the request as fits; the request's place moves on. A list that has <paramref name="bytesMax"/> takes no more, and no
    /// element is longer.
    /// </summary>
    internal void Add(int requestIndex, ref HostDmaRequest request, ulong bytesMax)
    {
        while (!request.IsAssigned && !IsFull && Bytes < bytesMax)
        {
            ulong host = request.HostAddress;
            byte* local = request.Local;
            ulong length = Math.Min(request.LeftInSegment, bytesMax);
            ulong physical = _bounce != null ? PlaceInBounce(ref length, out uint bounceOffset) : PlaceDirectly(local, ref length, out bounceOffset);
            Prepare(local, length, bounceOffset);
            _list.SetTransfer(
                Count,
                _direction == DmaDirection.DeviceToHost ? physical : host,
                _direction == DmaDirection.DeviceToHost ? host : physical,
                (uint)length);
            _elements[Count] = new Element { Request = requestIndex, Local = local, LengthBytes = (uint)length, BounceOffset = bounceOffset };
            Count++;
            Bytes += length;
            request.OutstandingElements++;
            request.Advance(length);
        }
    }

    /// <summary>Makes it runnable; the caller's full barrier and doorbell follow.</summary>
    internal void Seal()
    {
        _list.Seal(Count);
        _memory.CleanForDevice((byte*)_list.Base, (ulong)(Count + 1) * EdmaList.ElementBytes);
    }

    /// <summary>The engine has run it: what came from the host becomes visible. The caller's full barrier follows.</summary>
    internal void TakeData()
    {
        if (_direction != DmaDirection.HostToDevice)
        {
            return;
        }

        for (int i = 0; i < Count; i++)
        {
            ref Element element = ref _elements[i];
            if (_bounce != null)
            {
                Mmio.WindowCopy.FromDevice(element.Local, _bounce + element.BounceOffset, element.LengthBytes);
            }
            else if (!BoardSabotage.Is(BoardSabotageKind.SkipForgetAfterRead))
            {
                _memory.ForgetForDevice(element.Local, element.LengthBytes);
            }
        }
    }

    /// <summary>Empties it; the engine does not look at it any more.</summary>
    internal void Clear()
    {
        Count = 0;
        Bytes = 0;
        _bounceUsedBytes = 0;
    }

    /// <summary>Which element a list pointer of the engine stands at, cut to those that there are.</summary>
    internal int ElementAt(ulong listPointer) => (int)Math.Clamp(_list.IndexOf(listPointer), 0, Count - 1);

    private ulong PlaceDirectly(byte* local, ref ulong length, out uint bounceOffset)
    {
        bounceOffset = 0;
        return _memory.Translate(local, length, out length);
    }

    private ulong PlaceInBounce(ref ulong length, out uint bounceOffset)
    {
        bounceOffset = _bounceUsedBytes;
        length = Math.Min(length, _bounceLengthBytes - _bounceUsedBytes);
        _bounceUsedBytes += ((uint)length + BounceAlignmentBytes - 1) / BounceAlignmentBytes * BounceAlignmentBytes;
        return _memory.Translate(_bounce + bounceOffset, length, out length);
    }

    private void Prepare(byte* local, ulong length, uint bounceOffset)
    {
        if (_bounce != null)
        {
            if (_direction == DmaDirection.DeviceToHost)
            {
                Mmio.WindowCopy.ToDevice(_bounce + bounceOffset, local, (nuint)length);
            }
        }
        else if (_direction == DmaDirection.DeviceToHost)
        {
            _memory.CleanForDevice(local, length);
        }
        else
        {
            // A dirty line that is written back later would destroy what the engine has put there.
            _memory.ForgetForDevice(local, length);
        }
    }

    private struct Element
    {
        internal int Request;
        internal uint LengthBytes;
        internal uint BounceOffset;
        internal byte* Local;
    }
}
