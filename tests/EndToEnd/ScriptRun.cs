using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using System.Threading;

namespace Nvmepf.Tests.EndToEnd;

/// <summary>One run of a script of the rig: its output, its status, and its end at a deadline. Knows nothing of what the script does.</summary>
internal sealed class ScriptRun
{
    private ScriptRun(int exitStatus, bool timedOut, string output)
    {
        ExitStatus = exitStatus;
        TimedOut = timedOut;
        Output = output;
    }

    /// <summary>What the script ended with; -1 if it had to be ended.</summary>
    public int ExitStatus { get; }

    /// <summary>True if the deadline passed before the script ended.</summary>
    public bool TimedOut { get; }

    /// <summary>Standard output and standard error as they came.</summary>
    public string Output { get; }

    /// <summary>True if the script ended by itself and with success.</summary>
    public bool Succeeded => !TimedOut && ExitStatus == 0;

    /// <summary>Runs a script to its end, or ends it and all that it started when the deadline passes.</summary>
    public static ScriptRun Start(string script, IEnumerable<string> arguments, TimeSpan deadline)
    {
        var start = new ProcessStartInfo("/bin/bash")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(script);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        var output = new StringBuilder();
        using var closed = new CountdownEvent(2);
        using var process = new Process { StartInfo = start };
        void Collect(object sender, DataReceivedEventArgs received)
        {
            if (received.Data == null)
            {
                closed.Signal();
                return;
            }
            lock (output)
            {
                output.Append(received.Data).Append('\n');
            }
        }
        process.OutputDataReceived += Collect;
        process.ErrorDataReceived += Collect;
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        bool ended = process.WaitForExit(deadline);
        if (!ended)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(TimeSpan.FromSeconds(10));
        }
        // A process that outlives the script may hold its output open: that is no reason to wait for ever.
        bool complete = closed.Wait(TimeSpan.FromSeconds(10));
        if (!complete)
        {
            process.CancelOutputRead();
            process.CancelErrorRead();
        }
        lock (output)
        {
            return new ScriptRun(ended ? process.ExitCode : -1, !ended, output.ToString());
        }
    }
}
