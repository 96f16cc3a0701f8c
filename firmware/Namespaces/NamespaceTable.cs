using System.Runtime.CompilerServices;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>The namespaces of a subsystem in ascending order of NSID. Built before start; looked up for every command.</summary>
public sealed class NamespaceTable
{
    private readonly NvmeNamespace[] _namespaces;

    /// <summary>Creates the table; NSIDs are distinct, in ascending order.</summary>
    public NamespaceTable(NvmeNamespace[] namespaces)
    {
        for (int i = 1; i < namespaces.Length; i++)
        {
            if (namespaces[i].NamespaceId <= namespaces[i - 1].NamespaceId)
            {
                throw new ArgumentException("namespaces must be in ascending order of NSID, each NSID once", nameof(namespaces));
            }
        }

        _namespaces = namespaces;
    }

    /// <summary>Number of namespaces, inactive ones included.</summary>
    public int Count => _namespaces.Length;

    /// <summary>The namespace at an index as returned by <see cref="IndexOf"/>.</summary>
    public NvmeNamespace this[int index] => _namespaces[index];

    /// <summary>Highest NSID, the value of NN where all NSIDs up to it are valid; at least 1.</summary>
    public uint HighestNamespaceId => _namespaces.Length == 0 ? 1 : _namespaces[^1].NamespaceId;

    /// <summary>Index of an active namespace, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IndexOf(uint namespaceId)
    {
        // Nearly every subsystem numbers its namespaces 1, 2, 3...: look there first.
        uint guess = namespaceId - 1;
        if (guess < (uint)_namespaces.Length && _namespaces[guess].NamespaceId == namespaceId)
        {
            return _namespaces[guess].IsActive ? (int)guess : -1;
        }

        return Search(namespaceId);
    }

    private int Search(uint namespaceId)
    {
        int low = 0;
        int high = _namespaces.Length - 1;
        while (low <= high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            uint found = _namespaces[middle].NamespaceId;
            if (found == namespaceId)
            {
                return _namespaces[middle].IsActive ? middle : -1;
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

        return -1;
    }
}
