using System.Runtime.CompilerServices;
using Nvmepf.Hal;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// The namespaces of a subsystem, looked up for every command. Each has a place, whose index stays as long as it is there: commands in flight
/// know their namespace by it. Namespaces that come while hosts are served take places that are left for them.
/// </summary>
/// <remarks>
/// Changed on the reactor's thread, and only while no other thread uses it. A place that was left holds an inactive namespace of no size and
/// NSID 0, so that whoever walks over all places meets no gap.
/// </remarks>
public sealed class NamespaceTable
{
    private readonly NvmeNamespace[] _places;
    private readonly int[] _inOrder; // places in ascending order of NSID
    private readonly NvmeNamespace _none = new(0, new NullBackend(0), 512, Guid.Empty, new byte[16]) { IsActive = false };
    private int _allocated;

    /// <summary>Creates the table; NSIDs are distinct, in ascending order.</summary>
    /// <param name="namespaces">The namespaces.</param>
    /// <param name="capacity">Namespaces that there may be at a time, and the highest NSID that may come; never less than there are.</param>
    public NamespaceTable(NvmeNamespace[] namespaces, int capacity = 0)
    {
        for (int i = 1; i < namespaces.Length; i++)
        {
            if (namespaces[i].NamespaceId <= namespaces[i - 1].NamespaceId)
            {
                throw new ArgumentException("namespaces must be in ascending order of NSID, each NSID once", nameof(namespaces));
            }
        }

        _places = new NvmeNamespace[Math.Max(capacity, namespaces.Length)];
        Array.Fill(_places, _none);
        namespaces.CopyTo(_places, 0);
        _inOrder = new int[_places.Length];
        for (int i = 0; i < namespaces.Length; i++)
        {
            _inOrder[i] = i;
        }

        Count = namespaces.Length;
        _allocated = namespaces.Length;
        CanGrow = capacity > namespaces.Length;
        NamespaceIdMaximum = Math.Max((uint)Math.Max(capacity, 1), namespaces.Length == 0 ? 1 : namespaces[^1].NamespaceId);
    }

    /// <summary>Places in use or left: what a walk over all namespaces goes to.</summary>
    public int Count { get; private set; }

    /// <summary>Places that there are; <see cref="Count"/> never exceeds it. The value of MNAN.</summary>
    public int Capacity => _places.Length;

    /// <summary>Namespaces that are there, inactive ones included.</summary>
    public int AllocatedCount => _allocated;

    /// <summary>True where namespaces may come while hosts are served.</summary>
    public bool CanGrow { get; }

    /// <summary>The namespace at an index as returned by <see cref="IndexOf"/>.</summary>
    public NvmeNamespace this[int index] => _places[index];

    /// <summary>Highest NSID that there may be, the value of NN; at least 1.</summary>
    public uint NamespaceIdMaximum { get; }

    /// <summary>The namespaces that are there in ascending order of NSID.</summary>
    /// <param name="rank">0 to <see cref="AllocatedCount"/> less one.</param>
    public NvmeNamespace InOrder(int rank) => _places[_inOrder[rank]];

    /// <summary>Index of an active namespace, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IndexOf(uint namespaceId)
    {
        // Nearly every subsystem numbers its namespaces 1, 2, 3...: look there first.
        uint guess = namespaceId - 1;
        if (guess < (uint)_places.Length && _places[guess].NamespaceId == namespaceId)
        {
            return _places[guess].IsActive ? (int)guess : -1;
        }

        return IndexElsewhere(namespaceId);
    }

    /// <summary>Index of a namespace, active or not, or -1.</summary>
    public int PlaceOf(uint namespaceId)
    {
        int rank = RankOf(namespaceId);
        return rank >= 0 ? _inOrder[rank] : -1;
    }

    /// <summary>The namespace of an NSID, active or not, or null.</summary>
    public NvmeNamespace? Find(uint namespaceId)
    {
        int place = PlaceOf(namespaceId);
        return place >= 0 ? _places[place] : null;
    }

    /// <summary>Adds a namespace whose NSID is not there.</summary>
    /// <returns>Its index, or -1 where no place is left.</returns>
    public int TryAdd(NvmeNamespace added)
    {
        if (_allocated == _places.Length)
        {
            return -1;
        }

        // Its usual place if that is free; else any.
        int place = (int)Math.Min(added.NamespaceId - 1, (uint)_places.Length - 1);
        for (int i = 0; _places[place].NamespaceId != 0; i++)
        {
            place = i;
        }

        int rank = ~RankOf(added.NamespaceId);
        Invariant.Check(rank >= 0, "an NSID is in the table once");
        _inOrder.AsSpan(rank, _allocated - rank).CopyTo(_inOrder.AsSpan(rank + 1));
        _inOrder[rank] = place;
        _allocated++;
        _places[place] = added;
        Count = Math.Max(Count, place + 1);
        return place;
    }

    /// <summary>Takes a namespace away that no command uses.</summary>
    /// <param name="index">Its index.</param>
    public void RemoveAt(int index)
    {
        int rank = RankOf(_places[index].NamespaceId);
        Invariant.Check(rank >= 0, "what is taken away is there");
        _inOrder.AsSpan(rank + 1, _allocated - rank - 1).CopyTo(_inOrder.AsSpan(rank));
        _allocated--;
        _places[index] = _none;
    }

    private int IndexElsewhere(uint namespaceId)
    {
        int place = PlaceOf(namespaceId);
        return place >= 0 && _places[place].IsActive ? place : -1;
    }

    /// <summary>Position of an NSID in the order, or the complement of where it would be.</summary>
    private int RankOf(uint namespaceId)
    {
        int low = 0;
        int high = _allocated - 1;
        while (low <= high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            uint found = _places[_inOrder[middle]].NamespaceId;
            if (found == namespaceId)
            {
                return middle;
            }

            if (found < namespaceId)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }
}
