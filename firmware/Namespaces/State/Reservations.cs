using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces.State;

/// <summary>
/// What the reservation commands do to the state of a namespace (NVMe Base 2.1 sections 8.1.22 and 7.5 to 7.7). Works on the copy that is
/// being prepared and notes who is to be told; nothing here waits, and nothing is seen by others before the copy is published.
/// </summary>
/// <remarks>Not here: when that is (<see cref="NamespaceState"/>), and which field of a command is bad (the commands' own files).</remarks>
public static class Reservations
{
    private static readonly Status s_conflict = new(StatusCode.ReservationConflict, doNotRetry: true);
    private static readonly Status s_invalid = new(StatusCode.InvalidField, doNotRetry: true);

    /// <summary>Reservation Register.</summary>
    /// <param name="data">State to change.</param>
    /// <param name="notices">Takes who is to be told.</param>
    /// <param name="host">Who asks; has an identifier.</param>
    /// <param name="dword10">The command's.</param>
    /// <param name="keys">The command's.</param>
    public static Status Register(
        NamespaceStateData data, ReservationNotices notices, HostIdentity host, ReservationRegisterDword10 dword10, in ReservationRegisterData keys)
    {
        int index = data.Find(host);
        Status status = dword10.Action switch
        {
            ReservationRegisterAction.Register => Add(data, index, host, keys.NewReservationKey),
            ReservationRegisterAction.Unregister => Unregister(data, notices, index, dword10.IgnoreExistingKey, keys.CurrentReservationKey),
            _ => Replace(data, index, host, dword10.IgnoreExistingKey, in keys),
        };
        if (status.IsError)
        {
            return status;
        }

        if (dword10.ChangePersistence != ChangePersistThroughPowerLoss.NoChange)
        {
            data.PersistsThroughPowerLoss = dword10.ChangePersistence == ChangePersistThroughPowerLoss.Set;
        }

        data.Generation++;
        return Status.Success;
    }

    /// <summary>Reservation Acquire: acquire, preempt, and what preempt and abort does to the state.</summary>
    /// <param name="data">State to change.</param>
    /// <param name="notices">Takes who is to be told, and who was preempted.</param>
    /// <param name="host">Who asks; has an identifier.</param>
    /// <param name="dword10">The command's.</param>
    /// <param name="keys">The command's.</param>
    public static Status Acquire(
        NamespaceStateData data, ReservationNotices notices, HostIdentity host, ReservationAcquireDword10 dword10, in ReservationAcquireData keys)
    {
        int index = data.Find(host);
        if (index < 0 || data.Registrants[index].Key != keys.CurrentReservationKey)
        {
            return s_conflict;
        }

        if (dword10.Action == ReservationAcquireAction.Acquire)
        {
            if (data.Type == ReservationType.None)
            {
                Hold(data, index, dword10.Type);
                return Status.Success;
            }

            return data.IsHolder(index) && data.Type == dword10.Type ? Status.Success : s_conflict;
        }

        Status status = Preempt(data, notices, host, dword10.Type, keys.PreemptReservationKey);
        data.Generation += status.IsSuccess ? 1u : 0;
        return status;
    }

    /// <summary>Reservation Release: release and clear.</summary>
    /// <param name="data">State to change.</param>
    /// <param name="notices">Takes who is to be told.</param>
    /// <param name="host">Who asks; has an identifier.</param>
    /// <param name="dword10">The command's.</param>
    /// <param name="currentKey">CRKEY.</param>
    public static Status Release(
        NamespaceStateData data, ReservationNotices notices, HostIdentity host, ReservationReleaseDword10 dword10, ulong currentKey)
    {
        int index = data.Find(host);
        if (index < 0 || data.Registrants[index].Key != currentKey)
        {
            return s_conflict;
        }

        if (dword10.Action == ReservationReleaseAction.Clear)
        {
            TellRegistrants(data, notices, ReservationNotificationType.ReservationPreempted);
            data.Clear();
            data.Generation++;
            return Status.Success;
        }

        if (!data.IsHolder(index))
        {
            return Status.Success; // no effect, and no error
        }

        if (dword10.Type != data.Type)
        {
            return s_invalid;
        }

        if (data.Type is not (ReservationType.WriteExclusive or ReservationType.ExclusiveAccess))
        {
            TellRegistrants(data, notices, ReservationNotificationType.ReservationReleased);
        }

        data.Release();
        return Status.Success;
    }

    private static Status Add(NamespaceStateData data, int index, HostIdentity host, ulong key)
    {
        if (index >= 0)
        {
            return data.Registrants[index].Key == key ? Status.Success : s_conflict;
        }

        // More hosts than a subsystem has controllers: somebody changes identifiers and never unregisters.
        return data.TryAdd(host, key) ? Status.Success : new Status(StatusCode.InternalError, doNotRetry: true);
    }

    private static Status Replace(NamespaceStateData data, int index, HostIdentity host, bool ignoresKey, in ReservationRegisterData keys)
    {
        if (index < 0)
        {
            return ignoresKey ? Add(data, index, host, keys.NewReservationKey) : s_conflict;
        }

        if (!ignoresKey && data.Registrants[index].Key != keys.CurrentReservationKey)
        {
            return s_conflict;
        }

        data.SetKey(index, keys.NewReservationKey);
        return Status.Success;
    }

    private static Status Unregister(NamespaceStateData data, ReservationNotices notices, int index, bool ignoresKey, ulong currentKey)
    {
        if (index < 0)
        {
            return ignoresKey ? Status.Success : s_conflict;
        }

        if (!ignoresKey && data.Registrants[index].Key != currentKey)
        {
            return s_conflict;
        }

        RemoveRegistrant(data, notices, index);
        return Status.Success;
    }

    /// <summary>Removes a registrant, with the reservation where it is the only one that holds it.</summary>
    private static void RemoveRegistrant(NamespaceStateData data, ReservationNotices notices, int index)
    {
        ReservationType type = data.Type;
        bool isReleased = data.IsHeldByAllRegistrants ? data.Count == 1 : data.IsHolder(index);
        if (isReleased)
        {
            data.Release();
        }

        data.RemoveAt(index);
        if (isReleased && type is ReservationType.WriteExclusiveRegistrantsOnly or ReservationType.ExclusiveAccessRegistrantsOnly)
        {
            TellRegistrants(data, notices, ReservationNotificationType.ReservationReleased);
        }
    }

    private static Status Preempt(NamespaceStateData data, ReservationNotices notices, HostIdentity host, ReservationType type, ulong key)
    {
        if (data.Type == ReservationType.None)
        {
            _ = PreemptRegistrants(data, notices, key, null);
            return Status.Success;
        }

        if (data.IsHeldByAllRegistrants)
        {
            if (key == 0)
            {
                TakeOver(data, notices, host, type, null);
                return Status.Success;
            }

            return PreemptRegistrants(data, notices, key, null) > 0 ? Status.Success : s_conflict;
        }

        if (data.Registrants[data.Holder].Key == key)
        {
            TakeOver(data, notices, host, type, key);
            return Status.Success;
        }

        if (key == 0)
        {
            return s_invalid;
        }

        _ = PreemptRegistrants(data, notices, key, null);
        return Status.Success;
    }

    /// <summary>The host takes the reservation; others go, those with a key, or all where there is none.</summary>
    private static void TakeOver(NamespaceStateData data, ReservationNotices notices, HostIdentity host, ReservationType type, ulong? key)
    {
        ReservationType before = data.Type;
        if (data.Holder != NamespaceStateData.NoHolder && data.Registrants[data.Holder].Host != host)
        {
            notices.Preempt(data.Registrants[data.Holder].Host);
        }

        data.Release();
        _ = PreemptRegistrants(data, notices, key, host);
        Hold(data, data.Find(host), type);
        if (type != before)
        {
            TellRegistrants(data, notices, ReservationNotificationType.ReservationReleased);
        }
    }

    private static int PreemptRegistrants(NamespaceStateData data, ReservationNotices notices, ulong? key, HostIdentity? except)
    {
        int removed = 0;
        for (int i = data.Count - 1; i >= 0; i--)
        {
            Registrant registrant = data.Registrants[i];
            if ((key is ulong wanted && registrant.Key != wanted) || (except is HostIdentity kept && registrant.Host == kept))
            {
                continue;
            }

            notices.Add(registrant.Host, ReservationNotificationType.RegistrationPreempted);
            notices.Preempt(registrant.Host);
            if (data.IsHeldByAllRegistrants && data.Count == 1)
            {
                data.Release();
            }

            data.RemoveAt(i);
            removed++;
        }

        return removed;
    }

    private static void Hold(NamespaceStateData data, int index, ReservationType type)
    {
        data.Type = type;
        data.Holder = data.IsHeldByAllRegistrants ? NamespaceStateData.NoHolder : index;
    }

    private static void TellRegistrants(NamespaceStateData data, ReservationNotices notices, ReservationNotificationType type)
    {
        foreach (ref readonly Registrant registrant in data.Registrants)
        {
            notices.Add(registrant.Host, type);
        }
    }
}
