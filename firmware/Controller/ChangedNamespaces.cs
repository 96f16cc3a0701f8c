using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// Namespaces that changed since the host last read the Changed Attached Namespace List log (NVMe Base 2.1 section 5.1.12.1.5).
/// </summary>
public sealed class ChangedNamespaces
{
    private readonly uint[] _identifiers = new uint[IdentifyData.NamespaceListEntries];
    private int _count;
    private bool _overflowed;

    /// <summary>Namespaces on the list; 0 after an overflow.</summary>
    public int Count => _count;

    /// <summary>Puts a namespace on the list and raises the notice, if the host wants it.</summary>
    public void Note(NvmeController controller, uint namespaceIdentifier)
    {
        Add(namespaceIdentifier);
        controller.Events.Raise(
            controller,
            (byte)AsynchronousEventType.Notice,
            (byte)NoticeEventInformation.AttachedNamespaceAttributeChanged,
            (byte)LogPageId.ChangedAttachedNamespaceList);
    }

    /// <summary>Puts a namespace on the list, once.</summary>
    public void Add(uint namespaceIdentifier)
    {
        if (_overflowed)
        {
            return;
        }

        // Of a span, for an array's own search makes a helper object at its first use.
        int index = _identifiers.AsSpan(0, _count).BinarySearch(namespaceIdentifier);
        if (index >= 0)
        {
            return;
        }

        if (_count == _identifiers.Length)
        {
            _overflowed = true;
            _count = 0;
            return;
        }

        _identifiers.AsSpan(~index, _count - ~index).CopyTo(_identifiers.AsSpan(~index + 1));
        _identifiers[~index] = namespaceIdentifier;
        _count++;
    }

    /// <summary>Writes the list: NSIDs in ascending order, or FFFFFFFFh alone where there were too many. The rest stays as it is.</summary>
    public void CopyTo(Span<uint> destination)
    {
        if (_overflowed)
        {
            destination[0] = SubmissionQueueEntry.BroadcastNamespaceIdentifier;
        }
        else
        {
            _identifiers.AsSpan(0, _count).CopyTo(destination);
        }
    }

    /// <summary>The host has read the list, or the controller was reset.</summary>
    public void Clear()
    {
        _count = 0;
        _overflowed = false;
    }
}
